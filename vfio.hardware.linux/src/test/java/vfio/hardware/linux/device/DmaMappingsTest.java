// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.DmaSpace;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.id.PciAddress;

/** Memory that the kernel maps for devices: how long it stays, and what is asked of the kernel. */
class DmaMappingsTest {
    private static final int BOTH = DmaSpace.READ | DmaSpace.WRITE;
    private static final long PAGE = 4096;

    private final FakeVfio vfio = new FakeVfio();
    private final Kernel kernel = new Kernel(vfio.calls());
    private final HostDevice device = new HostGroups(() -> kernel, FakeVfio.FOLDER).open(PciAddress.parse("0000:01:00.0"), 7);
    private final DmaSpace space = device.dma();
    private boolean freed;

    @AfterEach
    void nothingStaysOpen() {
        device.close();
        assertEquals(List.of(), vfio.open());
    }

    /** Memory of two windows, the second of one page. */
    private final class TwoWindows implements SharedMemory {
        private final SharedMemory real;

        TwoWindows(SharedMemory real) {
            this.real = real;
        }

        @Override
        public long size() {
            return real.size();
        }

        @Override
        public ByteBuffer window(int index) {
            return real.window(index);
        }

        @Override
        public void close() {
            freed = true;
            real.close();
        }
    }

    private DmaBuffer buffer(long size) {
        return new DmaBuffer(new TwoWindows(kernel.memory("dma", size)));
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    void memoryStaysUntilItIsUnmappedWhateverItsUserCloses() {
        DmaBuffer buffer = buffer(2 * PAGE);
        space.map(buffer, PAGE, PAGE, 0x10000, DmaSpace.READ);
        buffer.close();
        assertEquals(Map.of(0x10000L, PAGE), vfio.dma.mapped);
        assertEquals(List.of("1"), vfio.dma.asked);
        assertTrue(!freed);
        space.unmap(0x10000, PAGE);
        assertTrue(freed);
        assertEquals(Map.of(), vfio.dma.mapped);
    }

    @Test
    void dirtyPagesAreThoseOfTheRangeWhileTheLogIsOn() {
        try (DmaBuffer buffer = buffer(2 * PAGE)) {
            space.map(buffer, 0, 2 * PAGE, 0x10000, BOTH);
            assertEquals(Errno.EINVAL, errno(() -> space.dirtyPages(0x10000, 2 * PAGE)), "it does not log yet");
            space.logDirtyPages(true);
            DirtyBitmap dirty = space.dirtyPages(0xf000, 4 * PAGE);
            assertEquals(List.of(false, true, true, false), IntStream.range(0, 4).mapToObj(dirty::isDirty).toList());
            for (long size : new long[] {0, -PAGE, Long.MAX_VALUE - 4095}) {
                assertEquals(Errno.EINVAL, errno(() -> space.dirtyPages(0, size)));
            }
            space.logDirtyPages(false);
            assertEquals(Errno.EINVAL, errno(() -> space.dirtyPages(0x10000, PAGE)));
            space.unmap(0x10000, 2 * PAGE);
        }
        device.close();
        assertEquals(Errno.ENODEV, errno(() -> space.logDirtyPages(true)));
        assertEquals(Errno.ENODEV, errno(() -> space.dirtyPages(0x10000, PAGE)));
    }

    @Test
    void memoryIsFreedAfterTheLastDeviceIsClosed() {
        DmaBuffer buffer = buffer(PAGE);
        space.map(buffer, 0, PAGE, 0, BOTH);
        buffer.close();
        device.close();
        assertTrue(freed);
        assertEquals(Errno.ENODEV, errno(() -> space.unmap(0, PAGE)));
        assertEquals(Errno.ENODEV, errno(() -> space.map(buffer(PAGE), 0, PAGE, 0, BOTH)));
        assertEquals(Errno.ENODEV, errno(space::usable));
        assertEquals(Errno.ENODEV, errno(space::alignment));
    }

    @Test
    void unmapTakesWhatOneMapHasMapped() {
        try (DmaBuffer buffer = buffer(2 * PAGE)) {
            space.map(buffer, 0, 2 * PAGE, 0x10000, BOTH);
            assertEquals(Errno.ENOENT, errno(() -> space.unmap(0x10000, PAGE)));
            assertEquals(Errno.ENOENT, errno(() -> space.unmap(0x11000, PAGE)));
            assertEquals(Map.of(0x10000L, 2 * PAGE), vfio.dma.mapped);
            space.unmap(0x10000, 2 * PAGE);
            assertEquals(Errno.ENOENT, errno(() -> space.unmap(0x10000, 2 * PAGE)));
            space.map(buffer, 0, PAGE, 0x10000, BOTH);
        }
    }

    @Test
    void memoryOfManyWindowsIsMappedInPieces() {
        long size = SharedMemory.WINDOW + PAGE;
        try (DmaBuffer buffer = buffer(size)) {
            space.map(buffer, 0, size, 0x4000_0000L, BOTH);
            assertEquals(Map.of(0x4000_0000L, SharedMemory.WINDOW, 0x8000_0000L, PAGE), vfio.dma.mapped);
            space.unmap(0x4000_0000L, size);
            assertEquals(Map.of(), vfio.dma.mapped);
        }
    }

    @Test
    void pieceThatFailsTakesTheOthersBack() {
        vfio.dma.room = 1;
        long size = SharedMemory.WINDOW + PAGE;
        try (DmaBuffer buffer = buffer(size)) {
            VfioException full = assertThrows(VfioException.class, () -> space.map(buffer, 0, size, 0, BOTH));
            assertEquals(Errno.ENOSPC, full.errno());
            assertTrue(full.getMessage().contains("dma_entry_limit"), full.getMessage());
            assertEquals(0, buffer.mappings());
        }
        assertTrue(freed);
        assertEquals(Map.of(), vfio.dma.mapped);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0x10000, 3, EINVAL", "0, -4096, 0x10000, 3, EINVAL", "0, 100, 0x10000, 3, EINVAL",
        "100, 4096, 0x10000, 3, EINVAL", "0, 4096, 0x10010, 3, EINVAL", "0, 4096, 0x10000, 4, EINVAL",
        "0, 8192, -4096, 3, EINVAL", "4096, 8192, 0x10000, 3, EFAULT", "-4096, 4096, 0x10000, 3, EFAULT",
        "0, 4096, 0x20000, 3, EEXIST"})
    void mapThatCannotBeLeavesNothing(long offset, long size, String iova, int access, Errno expected) {
        try (DmaBuffer buffer = buffer(2 * PAGE)) {
            space.map(buffer, 0, PAGE, 0x20000, BOTH);
            assertEquals(expected, errno(() -> space.map(buffer, offset, size, Long.decode(iova), access)));
            assertEquals(1, buffer.mappings());
            space.unmap(0x20000, PAGE);
        }
    }

    @Test
    void bufferThatIsClosedIsNotMapped() {
        DmaBuffer buffer = buffer(PAGE);
        buffer.close();
        assertEquals(Errno.EFAULT, errno(() -> space.map(buffer, 0, PAGE, 0, BOTH)));
    }

    @Test
    void memoryThatTheKernelDidNotUnmapWhollyStays() {
        DmaBuffer buffer = buffer(2 * PAGE);
        space.map(buffer, 0, 2 * PAGE, 0, BOTH);
        buffer.close();
        vfio.dma.lies = true;
        assertEquals(Errno.EIO, errno(() -> space.unmap(0, 2 * PAGE)));
        assertTrue(!freed);
    }

    @Test
    void usableAddressesAreTheKernels() {
        assertEquals(List.of(new IovaRange(0, 0xfedfffffL), new IovaRange(0xfef00000L, -1L)), space.usable());
        assertEquals(PAGE, space.alignment());
    }
}
