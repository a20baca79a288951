// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.id.HotResetInfo.Dependent;

/** Hot reset as the bytes of uapi/linux/vfio.h. */
class HotResetLayoutTest {
    private static final HotResetInfo TWO = new HotResetInfo(HotResetInfo.DEV_ID, List.of(
            dependent("12fe:81:1d.3", 0x01020304), dependent("12fe:81:1d.4", HotResetInfo.NOT_OWNED)));

    private static Dependent dependent(String address, int id) {
        return new Dependent(PciAddress.parse(address), id, null, List.of());
    }

    private static ByteBuffer struct(int size, int argsz) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).putInt(0, argsz);
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    @Tag("C7-14")
    void entryHasIdSegmentBusAndDevfn() {
        ByteBuffer struct = struct(28, 28);
        HotResetLayout.answer(TWO, struct);
        assertArrayEquals(HexFormat.ofDelimiter(" ").parseHex("1c 00 00 00 01 00 00 00 02 00 00 00 "
                + "04 03 02 01 fe 12 81 eb ff ff ff ff fe 12 81 ec"), struct.array());
        assertEquals(0, struct.position());
        assertEquals(TWO, HotResetLayout.info(struct));
    }

    @Test
    @Tag("C7-14")
    void structIsLittleEndianWhereverItBegins() {
        ByteBuffer struct = ByteBuffer.allocate(40).putInt(8, 0x1c000000).position(8);
        HotResetLayout.answer(TWO, struct);
        assertEquals(8, struct.position());
        assertEquals(0x02000000, struct.getInt(16));
        assertEquals(0x04030201, struct.getInt(20));
        assertEquals(0, struct.getInt(36), "nothing is written behind it");
    }

    @Test
    @Tag("C7-12")
    void roomForFewerIsEnospcAndTheNumberOfThem() {
        ByteBuffer struct = struct(40, 27);
        assertEquals(Errno.ENOSPC, errno(() -> HotResetLayout.answer(TWO, struct)));
        assertEquals(2, struct.getInt(8));
        assertEquals(HotResetInfo.DEV_ID, struct.getInt(4));
        assertEquals(27, struct.getInt(0));
        assertEquals(0x01020304, struct.getInt(12), "those that have room are there");
        assertEquals(0, struct.getLong(20));
        ByteBuffer header = struct(12, 12);
        assertEquals(Errno.ENOSPC, errno(() -> HotResetLayout.answer(TWO, header)));
        assertEquals(2, header.getInt(8));
        int needed = HotResetLayout.HEADER + header.getInt(8) * HotResetLayout.ENTRY;
        ByteBuffer enough = struct(needed, needed);
        HotResetLayout.answer(TWO, enough);
        assertEquals(TWO, HotResetLayout.info(enough));
    }

    @Test
    void moreRoomThanNeededIsLeftAlone() {
        ByteBuffer struct = struct(64, 64).putLong(28, -1);
        HotResetLayout.answer(TWO, struct);
        assertEquals(-1, struct.getLong(28));
        assertEquals(TWO, HotResetLayout.info(struct));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 11})
    @Tag("C7-10")
    void argszBelowTheHeaderIsEinval(int argsz) {
        ByteBuffer struct = struct(64, argsz);
        assertEquals(Errno.EINVAL, errno(() -> HotResetLayout.answer(TWO, struct)));
        assertEquals(0, struct.getInt(8));
        assertEquals(Errno.EINVAL, errno(() -> HotResetLayout.groups(struct)));
    }

    @Test
    void bufferThatEndsBeforeArgszIsEfault() {
        assertEquals(Errno.EFAULT, errno(() -> HotResetLayout.answer(TWO, struct(20, 28))));
        assertEquals(Errno.EFAULT, errno(() -> HotResetLayout.answer(TWO, struct(28, -1))), "argsz has no sign");
        assertEquals(Errno.EINVAL, errno(() -> HotResetLayout.answer(TWO, ByteBuffer.allocate(11))));
    }

    @Test
    void domainThatDoesNotFitIsRefusedNotCut() {
        HotResetInfo info = new HotResetInfo(0, List.of(dependent("ffff:01:00.0", 1), dependent("10000:01:00.0", 1)));
        ByteBuffer struct = struct(28, 28);
        assertEquals(Errno.EOVERFLOW, errno(() -> HotResetLayout.answer(info, struct)));
        assertEquals(0, struct.getInt(8));
    }

    @Test
    void answerThatPromisesMoreThanItHasIsNotBelieved() {
        ByteBuffer struct = struct(28, 28);
        HotResetLayout.answer(TWO, struct);
        for (int count : new int[] {3, Integer.MAX_VALUE, -1}) {
            assertEquals(Errno.EMSGSIZE, errno(() -> HotResetLayout.info(struct.putInt(8, count))));
        }
        struct.putInt(8, 2).putInt(0, 20);
        assertEquals(Errno.EMSGSIZE, errno(() -> HotResetLayout.info(struct)), "argsz ends before the second");
        struct.putInt(0, -1);
        assertEquals(TWO, HotResetLayout.info(struct));
    }

    @Test
    @Tag("C7-21")
    void requestWithAFlagIsEinval() {
        ByteBuffer request = struct(20, 20).putInt(8, 2).putInt(12, 7).putInt(16, -1);
        assertEquals(List.of(7, -1), HotResetLayout.groups(request));
        for (int flags : new int[] {1, 2, 1 << 31}) {
            assertEquals(Errno.EINVAL, errno(() -> HotResetLayout.groups(request.putInt(4, flags))));
        }
    }

    @Test
    void requestMayNameNoGroupAndNoMoreThanItHas() {
        assertEquals(List.of(), HotResetLayout.groups(struct(12, 12)));
        assertEquals(Errno.EFAULT, errno(() -> HotResetLayout.groups(struct(12, 12).putInt(8, 1))));
        assertEquals(Errno.EFAULT, errno(() -> HotResetLayout.groups(struct(12, 12).putInt(8, -1))));
    }
}
