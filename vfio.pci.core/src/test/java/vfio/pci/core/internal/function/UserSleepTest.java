// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.pci.core.fake.FakeCard;

/** A raw function that sleeps for its user, by the low-power features. */
class UserSleepTest {
    private final FakeCard function = new FakeCard();
    private final BoundFunction bound = new BoundFunction(function);

    @AfterEach
    void end() {
        bound.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    /** LOW_POWER_ENTRY, or with a signal LOW_POWER_ENTRY_WITH_WAKEUP. */
    private static void sleep(DeviceHandle handle, EventSignal wakeUp) {
        int feature = wakeUp == null ? Features.LOW_POWER_ENTRY : Features.LOW_POWER_ENTRY_WITH_WAKEUP;
        handle.feature(new FeatureRequest(16, FeatureRequest.SET | feature, ByteBuffer.allocate(8), wakeUp));
    }

    private static void stayAwake(DeviceHandle handle) {
        handle.feature(new FeatureRequest(8, FeatureRequest.SET | Features.LOW_POWER_EXIT, ByteBuffer.allocate(0), null));
    }

    @Test
    @Tag("C8-29")
    @Tag("C8-30")
    @Tag("C8-32")
    @Tag("C8-33")
    void functionThatSleepsForItsUserWakesAtAnAccess() {
        DeviceHandle handle = bound.open();
        Mapping mapping = handle.map(0);
        sleep(handle, null);
        assertEquals(3, function.powerState());
        assertEquals(Errno.EINVAL, errno(() -> sleep(handle, null)));
        assertEquals(-1, mapping.read32(0));
        assertEquals(0, handle.region(0).read32(0));
        assertEquals(0, function.powerState());
        assertEquals(-1, mapping.read32(0), "mappings stay away until the user ends it");
        assertEquals(Errno.EINVAL, errno(() -> sleep(handle, null)));
        stayAwake(handle);
        assertEquals(0, mapping.read32(0));
        stayAwake(handle);
        sleep(handle, null);
    }

    @Test
    void configurationAccessWakesToo() {
        DeviceHandle handle = bound.open();
        sleep(handle, null);
        handle.region(7).read32(0);
        assertEquals(0, function.powerState());
    }

    @Test
    @Tag("C8-35")
    void wakeUpIsSignalledAndEndsLowPower() {
        AtomicInteger woken = new AtomicInteger();
        DeviceHandle handle = bound.open();
        Mapping mapping = handle.map(0);
        sleep(handle, EventSignal.calling(woken::incrementAndGet));
        function.raw.listener.wakeUp();
        assertEquals(1, woken.get());
        assertEquals(0, function.powerState());
        assertEquals(0, mapping.read32(0));
        sleep(handle, EventSignal.calling(woken::incrementAndGet));
        stayAwake(handle);
        assertEquals(1, woken.get(), "who ends it himself is not told");
    }

    @Test
    @Tag("C8-34")
    void interruptLineIsMaskedWhileAsleepAndFiresAfter() {
        AtomicInteger fired = new AtomicInteger();
        DeviceHandle handle = bound.open();
        handle.setIrqs(IrqRequest.trigger(0, 0, EventSignal.calling(fired::incrementAndGet)));
        sleep(handle, null);
        function.image.u16(6, 0x18);
        function.lines.line(true);
        assertEquals(0, fired.get());
        stayAwake(handle);
        assertEquals(1, fired.get());
    }

    @Test
    void closeEndsLowPower() {
        DeviceHandle handle = bound.open();
        sleep(handle, null);
        handle.close();
        sleep(bound.open(), null);
    }
}
