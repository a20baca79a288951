// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.info.DeviceInfo;
import vfio.core.info.RegionInfo;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;

/** The core is bus-neutral: a device on no bus has all that a handle offers. */
class CounterDeviceTest {
    private final DeviceSet.Registry sets = new DeviceSet.Registry();
    private final DriverWorker worker = new DriverWorker("counter", fault -> { });
    private final VfioDevice device = counter("counter0");

    private VfioDevice counter(String name) {
        return new VfioDevice(name, sets, name, new CounterDevice(), worker, Duration.ofMinutes(1), () -> { });
    }

    @AfterEach
    void leave() {
        device.leave(Duration.ZERO);
        worker.close();
        assertEquals(0, sets.size());
    }

    private DeviceHandle open() {
        return device.open(VfioUser.named("user"));
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    @Tag("C2-9")
    void infoTellsWhatKindOfDeviceItIs() {
        DeviceInfo info = open().info();
        assertEquals(DeviceInfo.RESET | DeviceInfo.PLATFORM | DeviceInfo.CAPS, info.flags());
        assertEquals(List.of(1, 1), List.of(info.regions(), info.irqs()));
        assertEquals(42, info.capabilities().get(0).payload().get());
    }

    @Test
    void registersCountAndCannotBeMapped() {
        DeviceHandle handle = open();
        Region region = handle.region(0);
        region.write32(0, 40);
        region.write8(0, (byte) 2);
        assertEquals(42, region.read64(0));
        assertEquals(0, region.read64(8));
        assertEquals(RegionInfo.READ | RegionInfo.WRITE, handle.regionInfo(0).flags());
        assertEquals(CounterDevice.SIZE, region.info().size());
        assertEquals(Errno.EINVAL, errno(() -> handle.map(0)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(1)));
        assertEquals(Errno.EINVAL, errno(() -> region.read64(CounterDevice.SIZE)));
    }

    @Test
    void interruptComesAtEachOverflowAndWhenFired() {
        DeviceHandle handle = open();
        AtomicInteger seen = new AtomicInteger();
        assertEquals(1, handle.irqInfo(0).count());
        handle.setIrqs(IrqRequest.trigger(0, 0, EventSignal.calling(seen::incrementAndGet)));
        Region region = handle.region(0);
        for (int n = 0; n < 4 * 256; n++) {
            region.write8(0, (byte) 1);
        }
        assertEquals(4, seen.get());
        handle.setIrqs(IrqRequest.fire(0, 0, 1));
        assertEquals(5, seen.get());
        handle.setIrqs(IrqRequest.disable(0));
        region.write32(0, 4096);
        assertEquals(5, seen.get());
        assertEquals(Errno.ENOTTY, errno(() -> handle.setIrqs(IrqRequest.mask(0, 0, 1))));
        assertEquals(Errno.EINVAL, errno(() -> handle.setIrqs(IrqRequest.disable(1))));
        assertEquals(Errno.EINVAL, errno(() -> handle.irqInfo(1)));
    }

    @Test
    void resetClearsTheCountForAllUsers() {
        DeviceHandle handle = open();
        DeviceHandle other = open();
        handle.region(0).write32(0, 7);
        other.reset();
        assertEquals(0, handle.region(0).read32(0));
    }

    @Test
    void countMigratesToAnotherDevice() {
        DeviceHandle source = open();
        source.region(0).write64(0, 0x1122334455667788L);
        MigrationStream saving = source.migration().set(MigrationState.STOP_COPY).orElseThrow();
        VfioDevice second = counter("counter1");
        DeviceHandle target = second.open(VfioUser.named("target"));
        MigrationStream resuming = target.migration().set(MigrationState.RESUMING).orElseThrow();
        ByteBuffer data = ByteBuffer.allocate(3);
        while (saving.read(data.clear()) > 0) {
            resuming.write(data.flip());
        }
        target.migration().set(MigrationState.RUNNING);
        assertEquals(0x1122334455667788L, target.region(0).read64(0));
        source.reset();
        assertEquals(MigrationState.RUNNING, source.migration().state());
        assertEquals(0, source.region(0).read64(0));
        second.revoke();
    }

    @Test
    void leavingAsksTheUserAndEndsEveryPartOfTheHandle() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        DeviceHandle handle = device.open(new VfioUser() {
            @Override
            public String name() {
                return "deaf";
            }

            @Override
            public void requested(DeviceHandle requested) {
                asked.countDown();
            }
        });
        Region region = handle.region(0);
        MigrationStream stream = handle.migration().set(MigrationState.STOP_COPY).orElseThrow();
        assertEquals(List.of("deaf"), device.leave(Duration.ZERO));
        assertTrue(asked.await(1, TimeUnit.MINUTES));
        assertFalse(handle.isOpen());
        List<Runnable> all = List.of(handle::info, handle::reset, () -> handle.regionInfo(0), () -> handle.region(0),
                () -> handle.map(0), () -> handle.irqInfo(0), () -> handle.setIrqs(IrqRequest.disable(0)),
                () -> handle.migration().state(), () -> region.read32(0), () -> region.write8(0, (byte) 1),
                () -> stream.read(ByteBuffer.allocate(8)));
        all.forEach(act -> assertEquals(Errno.ENODEV, errno(act)));
        handle.close();
    }
}
