// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static vfio.pci.core.id.PciDeviceId.ANY;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.id.PciDeviceId;

/** Each row of the kernel's rules for new_id, remove_id and ids= (drivers/pci/pci-driver.c, vfio_pci.c). */
class DynamicIdsTest {
    private static final List<PciDeviceId> NO_TABLE = List.of();

    private static List<PciDeviceId> table(int flag, String... entries) {
        return Stream.of(entries).map(e -> PciDeviceId.parse(e, flag)).toList();
    }

    private static Errno add(DynamicIds ids, String text, List<PciDeviceId> table) {
        return assertThrows(VfioException.class, () -> ids.add(text, table)).errno();
    }

    private static PciDeviceId only(String text) {
        return DynamicIds.NONE.add(text, NO_TABLE).ids().get(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "8086", "8086,1234", "zz 1234", "-1 2", "8086:1234", "x8086 1"})
    void fewerThanTwoWordsIsEinval(String text) {
        assertEquals(Errno.EINVAL, add(DynamicIds.NONE, text, NO_TABLE));
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> DynamicIds.NONE.remove(text)).errno());
    }

    @Test
    void missingWordsAreAnySubIdsAndNoClass() {
        assertEquals(new PciDeviceId(0x8086, 0x1234, ANY, ANY, 0, 0, 0, 0), only("8086 1234"));
        assertEquals(new PciDeviceId(0x8086, 0x1234, 1, ANY, 0, 0, 0, 0), only("8086 1234 1"));
        assertEquals(new PciDeviceId(0x8086, 0x1234, ANY, 2, 0x30000, 0, 0, 0), only("8086 1234 ffffffff 2 30000"));
        assertEquals(new PciDeviceId(1, 2, 3, 4, 5, 6, 0x7890abcdef123456L, 0), only("1 2 3 4 5 6 7890abcdef123456"));
    }

    @Test
    void textIsReadAsSscanfDoes() {
        PciDeviceId plain = only("8086 1234");
        assertEquals(plain, only("  0x8086\t0X1234\n"));
        assertEquals(plain, only("8086 1234 zz 5"));
        assertEquals(plain, only("8086 1234,5"));
        assertEquals(plain, only("00000008086 1234"));
        assertEquals(8, only("1 2 3 4 5 6 7 8").driverData() + 1, "the eighth word is not read");
    }

    @Test
    void prefixWithoutDigitsIsZeroToTheKernel() {
        assertEquals(new PciDeviceId(0x8086, 0, 1, ANY, 0, 0, 0, 0), only("8086 0x 1"));
        assertEquals(new PciDeviceId(0x8086, 0, ANY, ANY, 0, 0, 0, 0), only("8086 0xg 1"));
    }

    @Test
    void ordinaryEntryThatCoversItIsEexistUnlessAllSevenAreGiven() {
        List<PciDeviceId> table = table(0, "8086:*");
        assertEquals(Errno.EEXIST, add(DynamicIds.NONE, "8086 1234", table));
        assertEquals(Errno.EEXIST, add(DynamicIds.NONE, "8086 1234 1 2 3 4", table));
        assertEquals(1, DynamicIds.NONE.add("8086 1234 1 2 3 4 0", table).ids().size());
        assertEquals(1, DynamicIds.NONE.add("8087 1234", table).ids().size());
    }

    @Test
    void entryWithSubIdsDoesNotCoverAny() {
        assertEquals(1, DynamicIds.NONE.add("8086 1234", table(0, "8086:1234:1:2")).ids().size());
    }

    @Test
    void overrideOnlyEntriesAreNotConsidered() {
        assertEquals(1, DynamicIds.NONE.add("8086 1234", table(1, "*:*")).ids().size());
    }

    @Test
    void driverDataOfNoEntryIsEinval() {
        assertEquals(Errno.EINVAL, add(DynamicIds.NONE, "8086 1234 ffffffff ffffffff 0 0 5", table(0, "1:2=7")));
        assertEquals(Errno.EINVAL, add(DynamicIds.NONE, "8086 1234", table(0, "1:2=7")));
        assertEquals(7, DynamicIds.NONE.add("8086 1234 1 2 3 4 7", table(0, "1:2=7")).ids().get(0).driverData());
        assertEquals(5, DynamicIds.NONE.add("8086 1234 1 2 3 4 5", NO_TABLE).ids().get(0).driverData());
    }

    @Test
    void earlierDynamicIdIsEexistUnlessAllSevenAreGiven() {
        DynamicIds once = DynamicIds.NONE.add("8086 1234", NO_TABLE);
        assertEquals(Errno.EEXIST, add(once, "8086 1234", NO_TABLE));
        assertEquals(Errno.EEXIST, add(once, "8086 1234 1 2", NO_TABLE));
        DynamicIds twice = once.add("8086 1234 ffffffff ffffffff 0 0 0", NO_TABLE);
        assertEquals(2, twice.ids().size());
        assertEquals(0, twice.ids().get(1).overrideOnly());
    }

    @Test
    void staticCoverIsToldBeforeDriverData() {
        assertEquals(Errno.EEXIST, add(DynamicIds.NONE, "1 2", table(0, "1:2=7")));
    }

    @ParameterizedTest
    @CsvSource({"1 2,0", "1 2 3,0", "1 2 3 4,0", "1 2 ffffffff 4,0", "1 2 3 5,1", "1 2 3 4 ff0000 ff0000,2"})
    void removeTakesTheFirstThatAgrees(String text, int removed) {
        DynamicIds ids = DynamicIds.NONE.add("1 2 3 4 010000 ffffff 0", NO_TABLE).add("1 2 3 5 0 0 0", NO_TABLE)
                .add("1 2 3 4 ff0000 ffffff 0", NO_TABLE);
        List<PciDeviceId> rest = new ArrayList<>(ids.ids());
        rest.remove(removed);
        assertEquals(rest, ids.remove(text).ids());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1 3", "2 2", "1 2 9", "1 2 3 9", "ffffffff 2", "1 2 3 4 020000 ff0000"})
    void nothingRemovedIsEnodev(String text) {
        DynamicIds ids = DynamicIds.NONE.add("1 2 3 4 010000 ffffff 0", NO_TABLE);
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> ids.remove(text)).errno());
    }

    @Test
    void parameterTakesGoodItemsAndWarnsOfBadOnes() {
        DynamicIds.Parsed parsed = DynamicIds.parameter("8086:1234,,zz:1,15b3,"
                + " 10de:0x1db4:ffffffff:ffffffff:30000:ff0000,1:2:3:4:5:6:7");
        assertEquals(List.of(new PciDeviceId(0x8086, 0x1234, ANY, ANY, 0, 0, 0, 0),
                new PciDeviceId(0x10de, 0x1db4, ANY, ANY, 0x30000, 0xff0000, 0, 0),
                new PciDeviceId(1, 2, 3, 4, 5, 6, 0, 0)), parsed.ids().ids());
        assertEquals(2, parsed.warnings().size());
        assertEquals(List.of(), DynamicIds.parameter("").ids().ids());
    }

    @Test
    void parameterAddsWhatNewIdWouldRefuse() {
        DynamicIds.Parsed parsed = DynamicIds.parameter("8086:1234,8086:1234");
        assertEquals(2, parsed.ids().ids().size(), "pci_add_dynid looks for no duplicates");
        assertEquals(List.of(), parsed.warnings());
    }

    @Test
    void blanksDoNotSeparateTheFieldsOfAnItem() {
        assertEquals(List.of(), DynamicIds.parameter("8086 1234").ids().ids());
        assertEquals(List.of(new PciDeviceId(1, 2, ANY, ANY, 0, 0, 0, 0)), DynamicIds.parameter("1:2 3:4").ids().ids());
    }

    @Test
    void parameterIsCutAsTheKernelsBufferIs() {
        String item = "8086:1234,";
        DynamicIds.Parsed parsed = DynamicIds.parameter(item.repeat(103));
        assertEquals(1, parsed.warnings().stream().filter(w -> w.contains("1023")).count());
        assertEquals(102, parsed.ids().ids().size());
        assertEquals(List.of(), DynamicIds.parameter(item.repeat(102)).warnings());
    }

    @Test
    void textsAreWhatRemovesThem() {
        DynamicIds ids = DynamicIds.NONE;
        List<String> added = List.of("8086 10d3", "15b3 101e 15b3 0004", "1af4 1000 ffffffff ffffffff 020000 ffff00");
        for (String text : added) {
            ids = ids.add(text, List.of());
        }
        assertEquals(added, ids.texts());
        for (String text : ids.texts()) {
            ids = ids.remove(text);
        }
        assertEquals(DynamicIds.NONE, ids);
    }
}
