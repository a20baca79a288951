// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.Mapping;
import vfio.core.device.RegionOperations;
import vfio.core.info.RegionInfo;
import vfio.os.EventFd;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.id.PciAddress;

/** Functions that a kernel has, by their groups: what is asked of it, and that nothing of it stays open. */
class HostGroupsTest {
    private static final PciAddress ONE = PciAddress.parse("0000:01:00.0");
    private static final PciAddress TWO = PciAddress.parse("0000:01:00.1");

    private final FakeVfio vfio = new FakeVfio();
    private final Kernel kernel = new Kernel(vfio.calls());
    private final HostGroups groups = new HostGroups(() -> kernel, FakeVfio.FOLDER);

    @AfterEach
    void nothingStaysOpen() {
        assertEquals(List.of(), vfio.open());
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    void devicesOfAGroupShareItUntilTheLastIsClosed() {
        HostDevice one = groups.open(ONE, 7);
        HostDevice two = groups.open(TWO, 7);
        assertEquals(List.of("7", "vfio", "device", "device"), vfio.open());
        one.close();
        assertEquals(List.of("7", "vfio", "device"), vfio.open());
        two.close();
        assertEquals(List.of(), vfio.open());
        groups.open(ONE, 7).close();
    }

    @Test
    void groupsHaveAddressSpacesOfTheirOwn() {
        HostDevice one = groups.open(ONE, 7);
        HostDevice two = groups.open(TWO, 8);
        assertEquals(2, vfio.open().stream().filter("vfio"::equals).count());
        one.close();
        two.close();
    }

    /** Steps of the way to a device: version, status, container, IOMMU, device. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3, 4, 2, 6})
    void stepThatFailsLeavesNothingOpen(int step) {
        vfio.fails = Errno.ENODEV;
        vfio.failing = VfioAbi.GET_API_VERSION + step;
        assertEquals(Errno.ENODEV, errno(() -> groups.open(ONE, 7)));
        assertEquals(List.of(), vfio.open());
        vfio.fails = null;
        groups.open(ONE, 7).close();
    }

    @Test
    void deviceThatFailsLeavesItsNeighbourOpen() {
        HostDevice one = groups.open(ONE, 7);
        vfio.fails = Errno.ENODEV;
        vfio.failing = VfioAbi.GROUP_GET_DEVICE_FD;
        assertEquals(Errno.ENODEV, errno(() -> groups.open(TWO, 7)));
        assertEquals(9, one.info().regions());
        one.close();
    }

    @Test
    void groupThatIsNotViableIsRefused() {
        vfio.groupFlags = 0;
        VfioException refused = assertThrows(VfioException.class, () -> groups.open(ONE, 7));
        assertEquals(Errno.EPERM, refused.errno());
        assertTrue(refused.getMessage().contains("unbound or bound to a VFIO driver"), refused.getMessage());
    }

    @Test
    void groupThatAnotherProgramHasSaysWhatToDo() {
        vfio.groupBusy = true;
        VfioException refused = assertThrows(VfioException.class, () -> groups.open(ONE, 7));
        assertEquals(Errno.EBUSY, refused.errno());
        assertTrue(refused.getMessage().contains("another program has it open"), refused.getMessage());
    }

    @Test
    void capabilitiesAreAskedForWithRoom() {
        HostDevice device = groups.open(ONE, 7);
        assertEquals(List.of(RegionInfo.CAP_MSIX_MAPPABLE),
                device.region(0).capabilities().stream().map(capability -> capability.id()).toList());
        assertEquals(2, vfio.asked.stream().filter("device 8"::equals).count());
        assertEquals(256, device.region(7).size());
        device.close();
    }

    @Test
    void regionIsReadWrittenAndMappedUntilItIsReleased() {
        HostDevice device = groups.open(ONE, 7);
        RegionOperations bar = device.region(0);
        Mapping mapping = new Mapping(bar.memory());
        for (int width : new int[] {1, 2, 4, 8}) {
            long value = 0x1122334455667788L & -1L >>> 64 - 8 * width;
            bar.write(64, width, value);
            assertEquals(value, bar.read(64, width));
            assertEquals((byte) value, mapping.read8(64));
        }
        device.region(7).write(0, 4, 0x4711);
        assertEquals(0x4711, device.region(7).read(0, 4));
        assertEquals(0, bar.read(0, 4), "another region's place");
        bar.release();
        assertEquals(-1, mapping.read32(64));
        device.close();
        assertEquals(Errno.EBADF, errno(() -> bar.read(0, 4)));
    }

    @Test
    void holesOfASparseRegionAreNoMemoryOfTheDevice() {
        vfio.sparse = true;
        HostDevice device = groups.open(ONE, 7);
        RegionOperations bar = device.region(0);
        bar.write(0, 4, 1);
        bar.write(4096, 4, 2);
        Mapping mapping = new Mapping(bar.memory());
        assertEquals(-1, mapping.read32(0));
        assertEquals(2, mapping.read32(4096));
        mapping.write32(0, 3);
        mapping.write32(4096, 4);
        assertEquals(1, bar.read(0, 4));
        assertEquals(4, bar.read(4096, 4));
        device.close();
        assertEquals(-1, mapping.read32(4096));
    }

    @Test
    void interruptReachesItsSignalUntilAnotherTakesItsPlace() {
        HostDevice device = groups.open(ONE, 7);
        AtomicInteger first = new AtomicInteger();
        AtomicInteger second = new AtomicInteger();
        device.setIrqs(IrqRequest.trigger(2, 0, EventSignal.calling(first::incrementAndGet), null));
        assertEquals(-1, vfio.wired.get("2.1"));
        vfio.raise("2.0");
        await().until(() -> first.get() == 1);
        device.setIrqs(IrqRequest.trigger(2, 0, EventSignal.calling(second::incrementAndGet)));
        vfio.raise("2.0");
        await().until(() -> second.get() == 1);
        assertEquals(1, first.get());
        device.setIrqs(IrqRequest.disable(2));
        device.close();
    }

    @Test
    void eventfdGoesToTheKernelAsItIs() {
        HostDevice device = groups.open(ONE, 7);
        try (EventFd event = kernel.eventFd()) {
            device.setIrqs(IrqRequest.trigger(1, 0, event));
            vfio.raise("1.0");
            assertEquals(1, event.take());
        }
        device.close();
    }

    @Test
    void wiringThatFailsKeepsWhatWasWired() {
        HostDevice device = groups.open(ONE, 7);
        AtomicInteger came = new AtomicInteger();
        device.setIrqs(IrqRequest.trigger(2, 0, EventSignal.calling(came::incrementAndGet)));
        vfio.fails = Errno.EINVAL;
        vfio.failing = VfioAbi.DEVICE_SET_IRQS;
        assertEquals(Errno.EINVAL, errno(() -> device.setIrqs(IrqRequest.trigger(2, 0, EventSignal.calling(() -> { })))));
        vfio.raise("2.0");
        await().until(() -> came.get() == 1);
        device.close();
    }

    @Test
    void writeAtASignalNeedsAnEventfd() {
        HostDevice device = groups.open(ONE, 7);
        assertEquals(Errno.EINVAL, errno(() -> device.ioEvent(0, 0, 4, 1, EventSignal.calling(() -> { }))));
        try (EventFd event = kernel.eventFd()) {
            device.ioEvent(0, 0, 4, 1, event);
            device.ioEvent(0, 0, 4, 1, null);
        }
        assertEquals(2, vfio.asked.stream().filter("device 16"::equals).count());
        device.close();
    }
}
