// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.info.DeviceInfo;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.RawHardware.Quirks;
import vfio.pci.core.fake.FakeCard;

/** A raw function from its bind to its last close: power, reset, interrupts. */
class RawBackendTest {
    private final FakeCard function = new FakeCard();
    private BoundFunction bound = new BoundFunction(function);

    @AfterEach
    void end() {
        bound.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    void functionSleepsUnlessItIsOpen() {
        bound.bind();
        assertEquals(3, function.powerState());
        DeviceHandle handle = bound.open();
        assertEquals(0, function.powerState());
        handle.close();
        assertEquals(3, function.powerState());
    }

    @Test
    void idleFunctionStaysAwakeWhereSleepIsSwitchedOff() {
        bound = new BoundFunction(function, new FunctionSettings(false, false, true, false));
        DeviceHandle handle = bound.open();
        handle.close();
        assertEquals(0, function.powerState());
    }

    @Test
    void openResetsStopsDmaAndDecodes() {
        function.image.u16(4, 0x0404);
        bound.open();
        assertEquals(1, function.resets());
        assertEquals(3, function.command(), "memory and ports, no bus master, INTx allowed");
    }

    @Test
    void closeLeavesTheFunctionDumb() {
        DeviceHandle handle = bound.open();
        handle.region(7).write16(4, (short) 7);
        assertEquals(7, function.command());
        handle.close();
        assertEquals(0x0400, function.command());
        assertEquals(2, function.resets());
        assertEquals(1, bound.idleResets());
        assertNull(function.raw.listener);
    }

    @Test
    @Tag("C2-1")
    @Tag("C2-2")
    @Tag("C2-4")
    @Tag("C2-6")
    @Tag("C7-6")
    void infoTellsWhetherResetWorks() {
        DeviceHandle handle = bound.open();
        assertEquals(new DeviceInfo(DeviceInfo.PCI | DeviceInfo.RESET, 9, 5, List.of()), handle.info());
        handle.reset();
        assertEquals(2, function.resets());
    }

    @Test
    @Tag("C2-3")
    @Tag("C7-5")
    void functionWithoutAResetIsUsedButNotReset() {
        function.image.u32(function.express + 4, 0).u16(function.pm + 4, 8);
        DeviceHandle handle = bound.open();
        assertEquals(DeviceInfo.PCI, handle.info().flags());
        assertEquals(Errno.EINVAL, errno(handle::reset));
    }

    @Test
    void methodsAreTriedInOrderAndDeviceSpecificIsFirst() {
        function.raw.quirks = new Quirks(false, false, true, true);
        bound.open();
        assertEquals(1, function.raw.deviceResets);
        assertEquals(0, function.resets());
    }

    @Test
    @Tag("C7-2")
    void methodThatIsNotThereAfterAllFallsToTheNext() {
        function.raw.quirks = new Quirks(false, false, true, true);
        function.raw.onDeviceReset = () -> {
            throw new VfioException(Errno.ENOTTY, "not this one");
        };
        bound.open();
        assertEquals(1, function.resets());
    }

    @Test
    void resetThatFailsLeavesTheDeviceUsableWithoutReset() {
        function.raw.quirks = new Quirks(false, false, true, true);
        function.raw.onDeviceReset = () -> {
            throw new VfioException(Errno.EIO, "no");
        };
        assertEquals(DeviceInfo.PCI, bound.open().info().flags());
        assertEquals(0, function.resets());
    }

    @Test
    void resetThatIsLockedRefusesTheOpen() {
        function.raw.quirks = new Quirks(false, false, true, true);
        function.raw.onDeviceReset = () -> {
            throw new VfioException(Errno.EAGAIN, "locked");
        };
        assertEquals(Errno.EAGAIN, errno(bound::open));
        assertEquals(3, function.powerState());
        assertEquals(0x0400, function.command());
    }

    @Test
    void driversOwnResetComesBeforeAllOthers() {
        AtomicInteger own = new AtomicInteger();
        bound = new BoundFunction(function, device -> new VfioPciOperations(device) {
            @Override
            public boolean resetFunction() {
                own.incrementAndGet();
                return true;
            }
        });
        bound.open().reset();
        assertEquals(2, own.get());
        assertEquals(0, function.resets());
    }

    @Test
    void resetPutsBackWhatTheUserHadSet() {
        DeviceHandle handle = bound.open();
        handle.region(7).write16(4, (short) 7);
        handle.region(7).write8(0x0c, (byte) 0x20);
        handle.reset();
        assertEquals(7, function.command());
        assertEquals(0x20, function.image.get(0x0c, 1));
    }

    @Test
    @Tag("C5-11")
    @Tag("C5-13")
    void interruptsReachTheirSignals() {
        AtomicInteger fired = new AtomicInteger();
        DeviceHandle handle = bound.open();
        assertEquals(4, handle.irqInfo(2).count());
        assertEquals(8, handle.irqInfo(1).count());
        assertEquals(0, handle.setIrqs(IrqRequest.trigger(2, 0, EventSignal.calling(fired::incrementAndGet))));
        function.lines.raise(0);
        assertEquals(1, fired.get());
        assertEquals(Errno.EINVAL, errno(() -> handle.setIrqs(IrqRequest.trigger(2, 4, EventSignal.calling(() -> { })))));
        handle.close();
        function.lines.raise(0);
        assertEquals(1, fired.get());
        assertEquals(Errno.ENODEV, errno(() -> handle.setIrqs(IrqRequest.disable(2))));
    }

    @Test
    @Tag("C5-9")
    void quirkHidesIntx() {
        function.raw.quirks = new Quirks(true, false, true, false);
        DeviceHandle handle = bound.open();
        assertEquals(0, handle.irqInfo(0).count());
        assertEquals(0, handle.region(7).read8(0x3d));
        assertEquals(Errno.EINVAL, errno(() -> handle.setIrqs(IrqRequest.trigger(0, 0, EventSignal.calling(() -> { })))));
    }

    @Test
    void requestAndErrorsAreSignalled() {
        AtomicInteger errors = new AtomicInteger();
        AtomicInteger requests = new AtomicInteger();
        DeviceHandle handle = bound.open();
        handle.setIrqs(IrqRequest.trigger(3, 0, EventSignal.calling(errors::incrementAndGet)));
        handle.setIrqs(IrqRequest.trigger(4, 0, EventSignal.calling(requests::incrementAndGet)));
        function.raw.listener.errorDetected();
        bound.operations().request(0);
        assertEquals(1, errors.get());
        assertEquals(1, requests.get());
    }

    @Test
    void unboundFunctionIsAwake() {
        bound.bind();
        bound.backend().unregister();
        assertEquals(0, function.powerState());
    }
}
