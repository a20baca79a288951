// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.Mapping;
import vfio.core.device.RegionOperations;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.DmaSpace;
import vfio.core.iova.DirtyBitmap;
import vfio.hardware.linux.device.HostDevices.Access;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;

/** QEMU's edu device through the kernel's vfio-pci, by its group. */
class EduTest {
    private static final String NAME = "0000:00:10.0";
    private static final int CONFIG = 7;
    private static final int MSI = 1;
    private static final long IOVA = 0x100000;

    private final Kernel kernel = Kernel.host();
    HostDevice device;

    @BeforeEach
    void bind() throws Exception {
        Path function = Path.of("/sys/bus/pci/devices", NAME);
        if (!Files.exists(function.resolve("driver"))) {
            Files.writeString(function.resolve("driver_override"), "vfio-pci");
            Files.writeString(Path.of("/sys/bus/pci/drivers_probe"), NAME);
        }
        device = new HostDevices(() -> kernel, "/dev/vfio", access(), Set.of()).open(function);
    }

    Access access() {
        return Access.GROUP;
    }

    @AfterEach
    void close() {
        device.close();
    }

    private void busMaster() {
        RegionOperations config = device.region(CONFIG);
        config.write(4, 2, config.read(4, 2) | 6);
    }

    @Test
    void infoIsTheKernels() {
        assertEquals(9, device.info().regions());
        assertEquals(5, device.info().irqs());
        assertEquals(1 << 20, device.region(0).size());
        assertEquals(0x11e81234, (int) device.region(CONFIG).read(0, 4));
        assertEquals(1, device.irqInfo(MSI).count());
    }

    @Test
    void registersByFileAndByMapping() {
        RegionOperations bar = device.region(0);
        assertEquals(0x010000ed, bar.read(0, 4));
        Mapping mapping = new Mapping(bar.memory());
        assertEquals(0x010000ed, mapping.read32(0));
        mapping.write32(4, 0x12345678);
        assertEquals(~0x12345678, mapping.read32(4));
        mapping.write32(8, 10);
        await().until(() -> (mapping.read32(0x20) & 1) == 0);
        assertEquals(3628800, mapping.read32(8));
        bar.release();
        assertEquals(-1, mapping.read32(0), "pages of all ones are in their place");
    }

    @Test
    void interruptReachesACallback() {
        AtomicInteger came = new AtomicInteger();
        busMaster();
        assertEquals(0, device.setIrqs(IrqRequest.trigger(MSI, 0, EventSignal.calling(came::incrementAndGet))));
        RegionOperations bar = device.region(0);
        bar.write(0x60, 4, 1);
        await().atMost(Duration.ofSeconds(10)).until(() -> came.get() == 1);
        bar.write(0x64, 4, 1);
        assertEquals(0, device.setIrqs(IrqRequest.disable(MSI)));
    }

    @Test
    void dmaBothWaysAndNoneAfterUnmap() {
        busMaster();
        RegionOperations bar = device.region(0);
        DmaBuffer buffer = new DmaBuffer(kernel.memory("dma", 2 * 4096));
        device.dma().map(buffer, 0, 2 * 4096, IOVA, DmaSpace.READ | DmaSpace.WRITE);
        buffer.view().write64(0, 0x0123456789abcdefL);
        transfer(bar, IOVA, 0x40000, 8, 0);
        transfer(bar, 0x40000, IOVA + 4096, 8, 2);
        assertEquals(0x0123456789abcdefL, buffer.view().read64(4096));
        device.dma().unmap(IOVA, 2 * 4096);
        buffer.view().write64(4096, 1);
        transfer(bar, 0x40000, IOVA + 4096, 8, 2);
        assertEquals(1, buffer.view().read64(4096));
        buffer.close();
    }

    @Test
    void memoryIsReachedUntilItIsUnmappedWhateverItsUserCloses() {
        busMaster();
        RegionOperations bar = device.region(0);
        DmaBuffer source = new DmaBuffer(kernel.memory("source", 4096));
        source.view().write64(0, 0x4711);
        device.dma().map(source, 0, 4096, IOVA, DmaSpace.READ);
        source.close();
        try (DmaBuffer target = new DmaBuffer(kernel.memory("target", 4096))) {
            device.dma().map(target, 0, 4096, IOVA + 4096, DmaSpace.WRITE);
            transfer(bar, IOVA, 0x40000, 8, 0);
            transfer(bar, 0x40000, IOVA + 4096, 8, 2);
            assertEquals(0x4711, target.view().read64(0));
        }
        device.dma().unmap(IOVA, 4096);
    }

    @Test
    void mapIsJudgedByTheKernel() {
        assertEquals(4096, device.dma().alignment());
        assertTrue(device.dma().usable().stream().noneMatch(range -> Long.compareUnsigned(range.first(), 0xfee00000L) <= 0
                && Long.compareUnsigned(range.last(), 0xfee00000L) >= 0), "the window of interrupts is not memory");
        try (DmaBuffer buffer = new DmaBuffer(kernel.memory("dma", 8192))) {
            device.dma().map(buffer, 0, 8192, IOVA, DmaSpace.READ);
            assertEquals(Errno.EEXIST, errno(() -> device.dma().map(buffer, 0, 4096, IOVA + 4096, DmaSpace.READ)));
            assertEquals(Errno.EINVAL, errno(() -> device.dma().map(buffer, 0, 4096, IOVA + 16, DmaSpace.READ)));
            assertEquals(Errno.EINVAL, errno(() -> device.dma().map(buffer, 0, 4096, 0xfee00000L, DmaSpace.READ)));
            assertEquals(Errno.ENOENT, errno(() -> device.dma().unmap(IOVA, 4096)));
        }
    }

    /** Its IOMMU does not say what a device has written, so that whatever is mapped counts. */
    @Test
    void pagesThatTheDeviceMayHaveWrittenAreDirty() {
        try (DmaBuffer buffer = new DmaBuffer(kernel.memory("dma", 3 * 4096))) {
            device.dma().map(buffer, 0, 3 * 4096, IOVA, DmaSpace.READ | DmaSpace.WRITE);
            assertEquals(Errno.EINVAL, errno(() -> device.dma().dirtyPages(IOVA, 3 * 4096)), "there is no log yet");
            device.dma().logDirtyPages(true);
            DirtyBitmap dirty = device.dma().dirtyPages(IOVA - 4096, 5 * 4096);
            assertEquals(List.of(false, true, true, true, false), IntStream.range(0, 5).mapToObj(dirty::isDirty).toList());
            assertEquals(Errno.EINVAL, errno(() -> device.dma().dirtyPages(IOVA, 4096)), "that cuts the mapping");
            device.dma().logDirtyPages(false);
            assertEquals(Errno.EINVAL, errno(() -> device.dma().dirtyPages(IOVA, 3 * 4096)), "it has ended");
            device.dma().unmap(IOVA, 3 * 4096);
        }
    }

    static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    private static void transfer(RegionOperations bar, long from, long to, int count, int direction) {
        bar.write(0x80, 8, from);
        bar.write(0x88, 8, to);
        bar.write(0x90, 8, count);
        bar.write(0x98, 8, 1 | direction);
        await().until(() -> (bar.read(0x98, 8) & 1) == 0);
    }

    @Test
    void resetIsWhatTheKernelAnswers() {
        assertEquals(Errno.EINVAL, errno(device::reset));
    }
}
