// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciDeviceId;

/** The table of VFIO_FACTS: rules by override by what the driver's table holds, with what probe would receive. */
class MatchRulesTest {
    private static final DeviceKey KEY = new DeviceKey(0x15b3, 0x101e, 0x15b3, 4, 0x020000);

    /** Entries: o ordinary, f flagged, d dynamic, x one that does not agree; the number is the driver_data. */
    private static DriverIds driver(String entries) {
        List<PciDeviceId> dynamic = new ArrayList<>();
        List<PciDeviceId> table = new ArrayList<>();
        for (int i = 0; i < entries.length(); i++) {
            char kind = entries.charAt(i);
            String text = (kind == 'x' ? "dead:beef" : "15b3:101e") + "=" + (i + 1);
            (kind == 'd' ? dynamic : table).add(PciDeviceId.parse(text, kind == 'f' ? 1 : 0));
        }
        return DriverIds.of("this", table.toArray(PciDeviceId[]::new)).withDynamic(dynamic);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        // Ordinary: binds by itself and under its own override.
        "MERGED, o, -,    ID, 1", "MERGED, o, this, ID, 1", "MERGED, o, other, OVERRIDE_NAMES_ANOTHER, 1",
        "STRICT_RFC, o, -, ID, 1", "STRICT_RFC, o, this, OVERRIDE_OF_ORDINARY_ENTRY, 1",
        "STRICT_RFC, o, other, OVERRIDE_NAMES_ANOTHER, 1",
        // Flagged: only under its own override, in both.
        "MERGED, f, -, NEEDS_OVERRIDE, 1", "MERGED, f, this, OVERRIDE_ID, 1", "MERGED, f, other, OVERRIDE_NAMES_ANOTHER, 1",
        "STRICT_RFC, f, -, NEEDS_OVERRIDE, 1", "STRICT_RFC, f, this, OVERRIDE_ID, 1",
        "STRICT_RFC, f, other, OVERRIDE_NAMES_ANOTHER, 1",
        // Dynamic: searched first; its flag is 0, which strict-rfc holds against it.
        "MERGED, d, -, DYNAMIC_ID, 1", "MERGED, d, this, DYNAMIC_ID, 1", "MERGED, d, other, OVERRIDE_NAMES_ANOTHER, 1",
        "STRICT_RFC, d, -, DYNAMIC_ID, 1", "STRICT_RFC, d, this, OVERRIDE_OF_ORDINARY_ENTRY, 1",
        "STRICT_RFC, d, other, OVERRIDE_NAMES_ANOTHER, 1",
        "MERGED, fd, -, DYNAMIC_ID, 2", "MERGED, fd, this, DYNAMIC_ID, 2", "MERGED, od, -, DYNAMIC_ID, 2",
        "STRICT_RFC, fd, -, DYNAMIC_ID, 2", "STRICT_RFC, fd, this, OVERRIDE_OF_ORDINARY_ENTRY, 2",
        // No entry: merged sends a dummy id under the override, strict-rfc has none.
        "MERGED, x, -, NO_ENTRY, -", "MERGED, x, this, OVERRIDE_ALONE, 0", "MERGED, x, other, NO_ENTRY, -",
        "STRICT_RFC, x, -, NO_ENTRY, -", "STRICT_RFC, x, this, OVERRIDE_WITHOUT_ENTRY, -",
        "STRICT_RFC, x, other, NO_ENTRY, -",
        // Two entries: merged goes on past a flagged one, strict-rfc decides on the first that agrees.
        "MERGED, fo, -, ID, 2", "MERGED, fo, this, OVERRIDE_ID, 1", "MERGED, fo, other, OVERRIDE_NAMES_ANOTHER, 1",
        "STRICT_RFC, fo, -, NEEDS_OVERRIDE, 1", "STRICT_RFC, fo, this, OVERRIDE_ID, 1",
        "STRICT_RFC, fo, other, OVERRIDE_NAMES_ANOTHER, 1",
        "MERGED, of, -, ID, 1", "MERGED, of, this, ID, 1", "MERGED, of, other, OVERRIDE_NAMES_ANOTHER, 1",
        "STRICT_RFC, of, -, ID, 1", "STRICT_RFC, of, this, OVERRIDE_OF_ORDINARY_ENTRY, 1",
        "STRICT_RFC, of, other, OVERRIDE_NAMES_ANOTHER, 1",
        "MERGED, xf, this, OVERRIDE_ID, 2", "STRICT_RFC, xf, this, OVERRIDE_ID, 2"})
    void reasonAndEntry(MatchRules rules, String entries, String override, Reason reason, Long driverData) {
        Candidate explained = MatchIndex.of(rules, List.of(driver(entries))).explain(KEY, override, "this");
        assertEquals(reason, explained.reason());
        assertEquals(driverData, explained.entry() == null ? null : explained.entry().driverData());
        assertEquals(explained.matches(), reason.matches());
    }

    @Test
    void candidatesSayTheSameAsExplain() {
        for (MatchRules rules : MatchRules.values()) {
            for (String entries : List.of("o", "f", "d", "fd", "fo", "of", "xf", "ff", "x")) {
                MatchIndex index = MatchIndex.of(rules, List.of(driver(entries), DriverIds.of("other")));
                for (String override : new String[] {null, "this", "other", "unknown"}) {
                    Candidate explained = index.explain(KEY, override, "this");
                    List<Candidate> found = index.candidates(KEY, override).stream()
                            .filter(c -> c.driver().driver().equals("this")).toList();
                    boolean listed = !entries.equals("x") || "this".equals(override);
                    assertEquals(listed ? List.of(explained) : List.of(), found, rules + " " + entries + " " + override);
                }
            }
        }
    }

    @Test
    void overrideIsComparedWithTheDriversNameOnly() {
        DriverIds ids = new DriverIds("vfio-pci", "vfio_pci", "vfio-ops", true, 0, List.of(),
                List.of(PciDeviceId.parse("*:*", 1)));
        MatchIndex index = MatchIndex.of(MatchRules.MERGED, List.of(ids));
        assertEquals(Reason.OVERRIDE_ID, index.explain(KEY, "vfio-pci", "vfio-pci").reason());
        assertEquals(Reason.OVERRIDE_NAMES_ANOTHER, index.explain(KEY, "vfio_pci", "vfio-pci").reason());
        assertEquals(Reason.OVERRIDE_NAMES_ANOTHER, index.explain(KEY, "vfio-ops", "vfio-pci").reason());
        assertEquals(Reason.OVERRIDE_NAMES_ANOTHER, index.explain(KEY, "VFIO-PCI", "vfio-pci").reason());
    }

    @Test
    void ranksByItsBestEntryAndProbesWithTheFirst() {
        DriverIds ids = DriverIds.of("this", PciDeviceId.parse("*:*=1", 1), PciDeviceId.parse("15b3:101e=2", 1));
        Candidate candidate = MatchIndex.of(MatchRules.MERGED, List.of(ids)).explain(KEY, "this", "this");
        assertEquals(1, candidate.entry().driverData());
        assertEquals(2, candidate.best().driverData());
    }

    @Test
    void rulesAreNamedAsInSettings() {
        assertEquals(MatchRules.STRICT_RFC, MatchRules.of("strict-rfc"));
        assertThrows(IllegalArgumentException.class, () -> MatchRules.of("STRICT_RFC"));
        assertThrows(IllegalArgumentException.class,
                () -> MatchIndex.of(MatchRules.MERGED, List.of(DriverIds.of("a"), DriverIds.of("a"))));
        assertThrows(IllegalArgumentException.class,
                () -> MatchIndex.of(MatchRules.MERGED, List.of()).explain(KEY, null, "nobody"));
    }
}
