// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;

class RegistersTest {
    private final OtherSide other = new OtherSide();
    private final FunctionHandle function = other.open();

    @AfterEach
    void close() {
        function.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    void whatCanBeMappedIsMapped() {
        assertTrue(function.bar(0).mapped());
        assertFalse(function.bar(2).mapped(), "only a part of it can be");
        assertFalse(function.bar(4).mapped());
        assertFalse(function.config().mapped());
        assertSame(function.bar(0), function.bar(0));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 4})
    void everyWidthReachesTheFunction(int index) {
        Registers bar = function.bar(index);
        bar.write64(0x10, 0x8877665544332211L);
        assertEquals(0x8877665544332211L, bar.read64(0x10));
        assertEquals(0x55443322, (int) (bar.read64(0x10) >>> 8));
        assertEquals(0x44332211, bar.read32(0x10));
        assertEquals((short) 0x8877, bar.read16(0x16));
        assertEquals((byte) 0x55, bar.read8(0x14));
        bar.write8(0x11, (byte) 0xaa);
        bar.write16(0x12, (short) 0xccbb);
        bar.write32(0x14, 0xddeeff00);
        assertEquals(0xddeeff00ccbbaa11L, bar.read64(0x10));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4})
    void whatIsOutsideOrUnalignedIsNoRegister(int index) {
        Registers bar = function.bar(index);
        for (long offset : new long[] {-4, bar.size(), bar.size() - 2, 2, Long.MAX_VALUE - 3, Long.MIN_VALUE}) {
            assertThrows(IndexOutOfBoundsException.class, () -> bar.read32(offset), "at " + offset);
            assertThrows(IndexOutOfBoundsException.class, () -> bar.write32(offset, 1), "at " + offset);
        }
        bar.write32(bar.size() - 4, 7);
        assertEquals(7, bar.read32(bar.size() - 4));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1, 5, 6, 7, Integer.MAX_VALUE})
    void barThatIsNotThereIsRefused(int index) {
        assertEquals(Errno.EINVAL, errno(() -> function.bar(index)));
    }

    @Test
    void closedFunctionReadsAllOnesWhereItIsMapped() {
        Registers mapped = function.bar(0);
        Registers plain = function.bar(4);
        mapped.write32(0, 5);
        function.close();
        assertEquals(-1, mapped.read32(0));
        mapped.write32(0, 6);
        assertEquals(5, other.bar.getInt(0));
        assertEquals(Errno.ENODEV, errno(() -> plain.read32(0)));
        assertEquals(Errno.ENODEV, errno(() -> function.bar(0)));
    }

    @Test
    void pollReturnsTheValueAsSoonAsItIsAsWanted() throws Exception {
        Registers bar = function.bar(0);
        new Thread(() -> {
            for (int i = 1; i <= 50; i++) {
                bar.write32(8, i);
                Thread.yield();
            }
        }).start();
        assertEquals(50, bar.poll32(8, value -> value == 50, Duration.ofSeconds(30)));
        assertEquals(50, bar.poll32(8, value -> value == 50, Duration.ZERO), "one look is always taken");
    }

    @Test
    void pollThatIsOverSaysWhatWasThere() {
        function.bar(0).write32(8, 0xabc);
        VfioException over = assertThrows(VfioException.class,
                () -> function.bar(0).poll32(8, value -> value == 0, Duration.ofMillis(5)));
        assertEquals(Errno.ETIMEDOUT, over.errno());
        assertTrue(over.getMessage().contains("it was 0xabc"), over.getMessage());
    }

    @Test
    void pollThatIsInterruptedEnds() {
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class,
                () -> function.bar(0).poll32(8, value -> value == 1, Duration.ofDays(1)));
    }
}
