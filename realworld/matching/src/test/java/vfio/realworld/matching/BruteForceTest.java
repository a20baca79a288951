// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.matching;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.pci.core.alias.AliasLine;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.match.Candidate;
import vfio.pci.core.internal.match.MatchIndex;
import vfio.pci.core.internal.match.MatchRules;

/** The index answers what going through every entry of a real kernel answers. */
class BruteForceTest {
    private static final long SEED = 42;

    /** What a driver says by its table alone: who, the best entry, and which generation's rules need which entry first. */
    private record Row(String driver, PciDeviceId best) {
    }

    @ParameterizedTest
    @CsvSource({"kernel-6.1, MERGED, 20000", "kernel-6.12, STRICT_RFC, 20000", "variants, MERGED, 20000",
        "scaled, MERGED, 2000"})
    void indexEqualsBruteForce(String name, MatchRules rules, int keys) {
        Corpus corpus = Corpus.named(name);
        List<DriverIds> drivers = new ArrayList<>(corpus.drivers());
        MatchIndex index = MatchIndex.of(rules, drivers);
        Collections.shuffle(drivers, new Random(SEED));
        for (DeviceKey key : new DrawnKeys(corpus.aliases().stream().map(AliasLine::id).toList(), SEED).draw(keys)) {
            List<Candidate> found = index.candidates(key, null);
            assertEquals(bruteForce(drivers, key), found.stream().map(c -> new Row(c.driver().driver(), c.best())).toList(),
                    key::toString);
            for (Candidate candidate : found) {
                PciDeviceId first = first(candidate.driver(), key, rules);
                assertEquals(first, candidate.entry(), key::toString);
                assertEquals(first.overrideOnly() == 0, candidate.matches(), key::toString);
            }
        }
    }

    private static List<Row> bruteForce(List<DriverIds> drivers, DeviceKey key) {
        List<Row> rows = new ArrayList<>();
        for (DriverIds driver : drivers) {
            PciDeviceId best = null;
            for (PciDeviceId id : driver.table()) {
                if (id.agrees(key) && (best == null || id.rank() < best.rank())) {
                    best = id;
                }
            }
            if (best != null) {
                rows.add(new Row(driver.driver(), best));
            }
        }
        rows.sort(Comparator.comparingInt((Row row) -> row.best.rank()).thenComparing(Row::driver));
        return rows;
    }

    /** Merged rules skip flagged entries while no override is set; where all are flagged the first is what is shown. */
    private static PciDeviceId first(DriverIds driver, DeviceKey key, MatchRules rules) {
        List<PciDeviceId> agreeing = driver.table().stream().filter(id -> id.agrees(key)).toList();
        return agreeing.stream().filter(id -> rules == MatchRules.MERGED && id.overrideOnly() == 0).findFirst()
                .orElse(agreeing.get(0));
    }
}
