// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.pci.core.id.PciDeviceId.ANY;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PciDeviceIdTest {
    @Test
    void missingFieldsAreAnyAndClassWithoutMaskIsExact() {
        assertEquals(new PciDeviceId(0x15b3, 0x101e, ANY, ANY, 0, 0, 0, 1), PciDeviceId.parse("15b3:101e", 1));
        assertEquals(new PciDeviceId(ANY, ANY, ANY, ANY, 0x010802, 0xffffff, 0, 0), PciDeviceId.parse("*:*:*:*:010802", 0));
        assertEquals(new PciDeviceId(0x8086, ANY, ANY, ANY, 0x030000, 0xff0000, 0xdeadbeefL, 0),
                PciDeviceId.parse("8086:*:*:*:30000:ff0000=DeadBeef", 0));
        assertEquals(PciDeviceId.parse("*:*", 0), PciDeviceId.parse("ffffffff:ffffffff:*:*:*", 0));
        assertEquals(-1L, PciDeviceId.parse("1:2=ffffffffffffffff", 0).driverData());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":", "15b3", "15b3:", ":101e", "15b3:101e:", "1:2:3:4:5:6:7", "0x15b3:101e", "15b3:101g",
        "123456789:1", "1:2:3:4:1000000", "1:2:3:4:5:1000000", "1:2:3:4:*:ff", "1:2:3:4:5:*", "1:2=", "1:2==1", "1:2=-1",
        "1:2=10000000000000000", "1:2 ", " 1:2", "1:2\n", "-1:2", "+1:2", "**:1", "\u0661:1", "\uff11:1"})
    void refusesEverythingElse(String text) {
        assertThrows(IllegalArgumentException.class, () -> PciDeviceId.parse(text, 0));
    }

    @ParameterizedTest
    @CsvSource({"15b3:101e,true", "15b3:101d,false", "15b3:*,true", "*:101e,true", "15b3:101e:15b3:4,true",
        "15b3:101e:15b3:5,false", "*:*:*:*:020000,true", "*:*:*:*:020001,false", "*:*:*:*:020001:ffff00,true",
        "*:*:*:*:030000:fe0000,true", "*:*:*:*:040000:fe0000,false", "*:*:*:*:ffffff:000000,true", "115b3:101e,false"})
    void agreesAsTheKernelCompares(String entry, boolean agrees) {
        DeviceKey key = new DeviceKey(0x15b3, 0x101e, 0x15b3, 4, 0x020000);
        assertEquals(agrees, PciDeviceId.parse(entry, 0).agrees(key));
    }

    @Test
    void maskAboveTheClassAsksForBitsNoFunctionHas() {
        DeviceKey key = new DeviceKey(1, 2, 3, 4, 0);
        assertFalse(new PciDeviceId(ANY, ANY, ANY, ANY, 0x01000000, 0xff000000, 0, 0).agrees(key));
        assertTrue(new PciDeviceId(ANY, ANY, ANY, ANY, 0, 0xff000000, 0, 0).agrees(key));
    }

    @Test
    void fewestWildcardsThenFieldsFromTheLeft() {
        List<String> best = List.of("1:2:3:4:050607", "1:2:3:4:050607:ffff00", "1:2:3:4:050607:ff00ff",
                "1:2:3:4:050607:00ffff", "1:2:3:*:050607", "1:2:*:4:050607", "1:*:3:4:050607",
                "*:2:3:4:050607", "1:2:3:4", "1:2", "1:*", "*:2",
                "*:*:*:*:050607:ff0000", "*:*:*:*:050607:ff", "*:*");
        List<String> sorted = Stream.of(14, 3, 7, 0, 12, 5, 9, 1, 13, 8, 2, 11, 4, 10, 6).map(best::get)
                .sorted((a, b) -> PciDeviceId.parse(a, 0).rank() - PciDeviceId.parse(b, 0).rank()).toList();
        assertEquals(best.size(), sorted.size());
        assertEquals(best.subList(0, 8), sorted.subList(0, 8));
        assertEquals(best.subList(8, 15), sorted.subList(8, 15));
    }

    @Test
    void partialMaskByteCountsAsWildcard() {
        assertEquals(7, PciDeviceId.parse("*:*:*:*:030000:fe0000", 0).wildcards());
        assertEquals(6, PciDeviceId.parse("*:*:*:*:030000:ff0000", 0).wildcards());
        assertEquals(0, PciDeviceId.parse("1:2:3:4:5", 0).wildcards());
    }

    @Property
    void printedReadsBack(@ForAll("entries") PciDeviceId id) {
        assertEquals(id, PciDeviceId.parse(id.toString(), id.overrideOnly()));
    }

    @Property
    void textIsReadOrRefusedAndNothingElse(@ForAll String text) {
        try {
            PciDeviceId.parse(text, 0);
        } catch (IllegalArgumentException e) {
            assertTrue(e.getMessage().contains("expected vendor:device"));
        }
    }

    @Provide
    static Arbitrary<PciDeviceId> entries() {
        return Arbitraries.randomValue(r -> new PciDeviceId(id(r), id(r), id(r), id(r), r.nextInt(1 << 24),
                r.nextBoolean() ? 0xffffff : r.nextInt(1 << 24), r.nextBoolean() ? 0 : r.nextLong(), r.nextInt(2)));
    }

    private static int id(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> ANY;
            case 1 -> random.nextInt(1 << 16);
            default -> random.nextInt();
        };
    }
}
