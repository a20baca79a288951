// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.Mapping;
import vfio.core.RegionOperations;
import vfio.core.VfioException;
import vfio.os.Kernel;
import vfio.os.MemFd;
import vfio.os.NativeBytes;
import vfio.pci.core.PciAddress;
import vfio.pci.core.bus.HostDevice;

/** QEMU's edu device through the kernel's vfio-pci, by group. */
class EduTest {
    private static final String NAME = "0000:00:10.0";
    private static final int CONFIG = 7;
    private static final int MSI = 1;

    private final Kernel kernel = Kernel.host();
    private final HostGroups groups = new HostGroups(() -> kernel, "/dev/vfio");
    private int group;
    private HostDevice device;

    @BeforeEach
    void bind() throws Exception {
        Path function = Path.of("/sys/bus/pci/devices", NAME);
        if (!Files.exists(function.resolve("driver"))) {
            Files.writeString(function.resolve("driver_override"), "vfio-pci");
            Files.writeString(Path.of("/sys/bus/pci/drivers_probe"), NAME);
        }
        group = Integer.parseInt(function.resolve("iommu_group").toRealPath().getFileName().toString());
        device = groups.open(PciAddress.parse(NAME), group);
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
        try (MemFd memory = kernel.memory("dma", 2 * 4096)) {
            groups.space(group).map(3, NativeBytes.at(memory.window(0)).address(), 0x100000, 2 * 4096);
            memory.window(0).putLong(0, 0x0123456789abcdefL);
            transfer(bar, 0x100000, 0x40000, 8, 0);
            transfer(bar, 0x40000, 0x101000, 8, 2);
            assertEquals(0x0123456789abcdefL, memory.window(0).getLong(4096));
            assertEquals(2 * 4096, groups.space(group).unmap(0x100000, 2 * 4096));
            memory.window(0).putLong(4096, 1);
            transfer(bar, 0x40000, 0x101000, 8, 2);
            assertEquals(1, memory.window(0).getLong(4096));
        }
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
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, device::reset).errno());
    }
}
