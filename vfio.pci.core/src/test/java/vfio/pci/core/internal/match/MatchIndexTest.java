// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciDeviceId;

class MatchIndexTest {
    private static final int[] IDS = {0, 1, 2, 0x8000, 0xffff, 0x10001};
    private static final int[] CLASSES = {0, 0x010802, 0x030000, 0xffffff, 0x030001, 0x1030000};
    private static final int[] MASKS = {0, 0, 0xff0000, 0xffff00, 0xffffff, 0xff00ff};
    private static final DeviceKey KEY = new DeviceKey(1, 2, 3, 4, 0x050607);

    private static DriverIds ranked(String name, int ranking, String... entries) {
        return new DriverIds(name, name, name, true, ranking, List.of(),
                Stream.of(entries).map(e -> PciDeviceId.parse(e, 0)).toList());
    }

    private static List<String> order(List<DriverIds> drivers) {
        return MatchIndex.of(MatchRules.MERGED, drivers).candidates(KEY, null).stream()
                .map(c -> c.driver().driver()).toList();
    }

    @Test
    void exactIdBeatsWildcardBeatsRankingBeatsName() {
        assertEquals(List.of("exact", "device", "vendor", "b-ranked", "a", "c"), order(List.of(ranked("a", 0, "*:*"),
                ranked("b-ranked", 5, "*:*"), ranked("c", 0, "*:*"), ranked("vendor", -1, "1:*"),
                ranked("device", -9, "1:2"), ranked("exact", -99, "1:2:3:4:050607", "*:*"), ranked("none", 99, "9:9"))));
    }

    @Test
    void amongAsManyWildcardsTheLeftmostGivenFieldWins() {
        assertEquals(List.of("v", "d", "sv", "sd", "bc", "sc", "i"), order(List.of(ranked("i", 9, "*:*:*:*:050607:0000ff"),
                ranked("sc", 8, "*:*:*:*:050607:00ff00"), ranked("bc", 7, "*:*:*:*:050607:ff0000"),
                ranked("sd", 6, "*:*:*:4"), ranked("sv", 5, "*:*:3"), ranked("d", 4, "*:2"), ranked("v", 3, "1:*"))));
    }

    @Test
    void extremeRankingsAreOrdered() {
        assertEquals(List.of("max", "zero", "min"), order(List.of(ranked("min", Integer.MIN_VALUE, "*:*"),
                ranked("zero", 0, "*:*"), ranked("max", Integer.MAX_VALUE, "*:*"))));
    }

    @Property(tries = 500)
    void choiceDependsOnNoOrderOfRegistration(@ForAll("drivers") List<DriverIds> drivers, @ForAll("keys") DeviceKey key,
            @ForAll Random random) {
        List<DriverIds> shuffled = new ArrayList<>(drivers);
        Collections.shuffle(shuffled, random);
        for (MatchRules rules : MatchRules.values()) {
            for (String override : new String[] {null, "d0", "d3", "gone"}) {
                assertEquals(MatchIndex.of(rules, drivers).candidates(key, override),
                        MatchIndex.of(rules, shuffled).candidates(key, override));
            }
        }
    }

    @Property(tries = 3000)
    void indexEqualsBruteForce(@ForAll("drivers") List<DriverIds> drivers, @ForAll("keys") DeviceKey key) {
        MatchIndex index = MatchIndex.of(MatchRules.MERGED, drivers);
        List<String> expected = drivers.stream().filter(d -> best(d, key) != null)
                .sorted(Comparator.comparingInt((DriverIds d) -> best(d, key).rank()).thenComparing(MatchIndex.PREFERENCE))
                .map(d -> d.driver() + " " + first(d, key) + " " + best(d, key)).toList();
        assertEquals(expected, index.candidates(key, null).stream().map(c -> c.driver().driver() + " "
                + (c.matches() ? c.entry() : first(c.driver(), key)) + " " + c.best()).toList());
    }

    /** What the kernel's linear search finds without an override: the first ordinary entry, else the first that agrees. */
    private static PciDeviceId first(DriverIds driver, DeviceKey key) {
        List<PciDeviceId> agreeing = agreeing(driver, key);
        return agreeing.stream().filter(id -> id.overrideOnly() == 0).findFirst().orElse(agreeing.get(0));
    }

    private static PciDeviceId best(DriverIds driver, DeviceKey key) {
        return agreeing(driver, key).stream().min(Comparator.comparingInt(PciDeviceId::rank)).orElse(null);
    }

    private static List<PciDeviceId> agreeing(DriverIds driver, DeviceKey key) {
        return Stream.concat(driver.dynamic().stream(), driver.table().stream()).filter(id -> id.agrees(key)).toList();
    }

    @Provide
    static Arbitrary<DeviceKey> keys() {
        return Arbitraries.randomValue(r -> new DeviceKey(one(r, IDS) & 0xffff, one(r, IDS) & 0xffff, one(r, IDS) & 0xffff,
                one(r, IDS) & 0xffff, one(r, CLASSES) & 0xffffff));
    }

    @Provide
    static Arbitrary<List<DriverIds>> drivers() {
        return Arbitraries.randomValue(MatchIndexTest::randomDrivers);
    }

    private static List<DriverIds> randomDrivers(Random random) {
        List<DriverIds> drivers = new ArrayList<>();
        int count = random.nextInt(7);
        for (int i = 0; i < count; i++) {
            List<PciDeviceId> dynamic = entries(random, random.nextInt(3)).stream().map(MatchIndexTest::ordinary).toList();
            drivers.add(new DriverIds("d" + i, "m", "o", true, random.nextInt(2), dynamic,
                    entries(random, random.nextInt(20))));
        }
        return drivers;
    }

    private static List<PciDeviceId> entries(Random random, int count) {
        List<PciDeviceId> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int mask = random.nextInt(4) == 0 ? random.nextInt() : one(random, MASKS);
            entries.add(new PciDeviceId(any(random), any(random), any(random), any(random), one(random, CLASSES), mask, 0,
                    random.nextInt(2)));
        }
        return entries;
    }

    private static PciDeviceId ordinary(PciDeviceId id) {
        return new PciDeviceId(id.vendor(), id.device(), id.subvendor(), id.subdevice(), id.classCode(),
                id.classMask(), 0, 0);
    }

    private static int any(Random random) {
        return random.nextBoolean() ? PciDeviceId.ANY : one(random, IDS);
    }

    private static int one(Random random, int[] values) {
        return values[random.nextInt(values.length)];
    }
}
