// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;

class FunctionHandleTest {
    private final OtherSide other = new OtherSide();
    private final FunctionHandle function = other.open();

    @AfterEach
    void close() {
        other.unmapFails = null;
        function.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    void busMasteringIsOneBit() {
        function.config().write16(4, (short) 0x0502);
        function.enableBusMaster();
        assertEquals(0x0506, function.config().read16(4));
        function.enableBusMaster();
        assertEquals(0x0506, function.config().read16(4));
        function.disableBusMaster();
        assertEquals(0x0502, function.config().read16(4));
    }

    @Test
    void nothingIsDoneToTheFunctionByOpeningIt() {
        assertEquals(List.of(), other.calls);
        assertEquals(OtherSide.NAME, function.name());
        assertTrue(function.isOpen());
    }

    @Test
    void openThatIsRefusedLeavesNothing() {
        OtherSide refusing = new OtherSide();
        refusing.refuses = Errno.EBUSY;
        assertEquals(Errno.EBUSY, errno(refusing::open));
        assertEquals(List.of(), refusing.calls);
    }

    @Test
    void closeIsDeviceThenUnmapThenFree() {
        function.dma(1);
        function.msi();
        other.calls.clear();
        function.close();
        function.close();
        assertEquals(List.of("close", "unmap", "free"), other.calls);
        assertFalse(function.isOpen());
        assertEquals(Errno.ENODEV, errno(() -> function.dma(1)));
        assertEquals(Errno.ENODEV, errno(function::msi));
        assertEquals(Errno.ENODEV, errno(function::enableBusMaster));
        assertEquals(Errno.ENODEV, errno(function::reset));
    }

    @ParameterizedTest
    @EnumSource(value = Errno.class, names = {"ENODEV", "ENOENT", "EBADF", "EIO"})
    void closeEndsThoughNothingCanBeUnmapped(Errno errno) {
        DmaMemory memory = function.dma(1);
        other.unmapFails = errno;
        function.close();
        assertFalse(other.calls.contains("free"), "something still maps it");
        assertEquals(-1, memory.view().read32(0));
        other.mapped.values().forEach(DmaBuffer::unpin);
        assertTrue(other.calls.contains("free"));
    }

    @Test
    void memoryIsZeroAlignedAndApart() {
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            DmaMemory memory = function.dma(1 + 4096 * i);
            assertEquals(0, memory.iova() % 8192);
            assertTrue(memory.iova() != 0 && seen.add(memory.iova()));
            assertEquals(i < 2 ? 8192 : 16384, memory.size());
            assertEquals(0, memory.view().read64(0));
        }
    }

    @Test
    void bytesGoInAndOut() {
        DmaMemory memory = function.dma(4096);
        memory.put(4093, (byte) 1, (byte) 2, (byte) 3);
        assertEquals(0x03020100, memory.view().read32(4092));
        assertEquals(2, memory.get(4093, 3)[1]);
        assertThrows(IndexOutOfBoundsException.class, () -> memory.put(memory.size() - 1, (byte) 1, (byte) 2));
        assertThrows(IndexOutOfBoundsException.class, () -> memory.get(-1, 1));
    }

    @Test
    void addressIsUsedAgainOnlyAfterItsUnmap() {
        DmaMemory first = function.dma(8192);
        other.unmapFails = Errno.EIO;
        assertEquals(Errno.EIO, errno(first::close));
        assertFalse(other.calls.contains("free"));
        assertTrue(first.iova() != function.dma(8192).iova());
        other.unmapFails = null;
        first.close();
        first.close();
        assertEquals(List.of("unmap", "unmap", "free"), other.calls);
        assertEquals(first.iova(), function.dma(8192).iova());
    }

    @Test
    void addressOfAnotherFunctionOfTheSpaceIsLeftToIt() {
        other.others.add(8192L);
        other.others.add(16384L);
        assertEquals(24576, function.dma(1).iova());
        assertEquals(32768, function.dma(1).iova());
    }

    @Test
    void mapThatFailsFreesWhatItTook() {
        other.mapFails = Errno.ENOMEM;
        assertEquals(Errno.ENOMEM, errno(() -> function.dma(8192)));
        assertEquals(List.of("free"), other.calls);
        other.mapFails = null;
        assertEquals(8192, function.dma(8192).iova());
    }

    @Test
    void maskKeepsAddressesBelow() {
        function.dmaMask(32);
        for (int i = 0; i < 7; i++) {
            assertTrue(function.dma(8192).iova() < 0x10000);
        }
        assertEquals(Errno.ENOSPC, errno(() -> function.dma(8192)));
        function.dmaMask(64);
        assertEquals(0x1_0000_0000L, function.dma(8192).iova());
        function.dmaMask(13);
        assertEquals(Errno.ENOSPC, errno(() -> function.dma(8192)));
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 65})
    void maskThatIsNoneIsRefused(int bits) {
        assertEquals(Errno.EINVAL, errno(() -> function.dmaMask(bits)));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE - 4096})
    void sizeThatIsNoneIsRefused(long size) {
        assertEquals(Errno.EINVAL, errno(() -> function.dma(size)));
    }
}
