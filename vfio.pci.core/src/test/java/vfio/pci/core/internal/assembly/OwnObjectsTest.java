// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.thread.Deadline;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fake.FakeCard;
import vfio.pci.core.fake.FakeHostDevice;
import vfio.pci.core.fake.OwnLoader;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.standalone.StandaloneFunction;
import vfio.pci.core.standalone.StandaloneFunction.Observer;
import vfio.pci.core.standalone.StandaloneFunction.Terms;

/** What a user holds must be of no class that goes with the version before. */
class OwnObjectsTest {
    private StandaloneFunction bound;

    private DeviceHandle open(Virtualization side, Map<String, String> settings) {
        FakeCard function = new FakeCard();
        function.virtualization = side;
        function.onHost = new FakeHostDevice() {
            @Override
            public DeviceInfo info() {
                return new DeviceInfo(DeviceInfo.PCI, 9, 5, List.of());
            }

            @Override
            public IrqInfo irqInfo(int index) {
                return new IrqInfo(index, IrqInfo.EVENTFD, 4);
            }

            @Override
            public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
            }
        };
        bound = StandaloneFunction.bind(function, OwnLoader.make(RelayingDriver.class, PciDriver.class), terms(settings));
        return bound.device().open(VfioUser.named("user"));
    }

    private static Terms terms(Map<String, String> settings) {
        return new Terms("relaying", PciDeviceId.MATCH_ALL, Duration.ofSeconds(30), settings, "0", Observer.NONE);
    }

    private void exchange() {
        bound.exchange(OwnLoader.make(RelayingDriver.class, PciDriver.class), terms(Map.of()));
    }

    private void refused() {
        PciBinding before = bound.binding();
        VfioException refusal = assertThrows(VfioException.class, this::exchange);
        assertEquals(Errno.EOPNOTSUPP, refusal.errno(), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("own class"),
                refusal.getMessage());
        assertEquals(before, bound.binding());
    }

    @AfterEach
    void end() {
        bound.device().leave(Duration.ZERO);
        bound.unbind(Deadline.LONGEST);
    }

    private static EventSignal users() {
        return EventSignal.calling(() -> { });
    }

    @ParameterizedTest
    @EnumSource
    void aSignalOfTheDriversOwnKeepsItUntilTheSignalIsGone(Virtualization side) {
        DeviceHandle handle = open(side, Map.of("relay", "all"));
        handle.setIrqs(IrqRequest.trigger(IrqIndex.MSI, 0, users(), users()));
        refused();
        handle.setIrqs(IrqRequest.trigger(IrqIndex.MSI, 0, null, users()));
        refused();
        handle.setIrqs(IrqRequest.trigger(IrqIndex.MSI, 1, new EventSignal[] {null}));
        exchange();
    }

    @ParameterizedTest
    @EnumSource
    void interruptsGivenBackHaveNoSignals(Virtualization side) {
        DeviceHandle handle = open(side, Map.of("relay", "all"));
        handle.setIrqs(IrqRequest.trigger(IrqIndex.MSI, 0, users(), users()));
        refused();
        handle.setIrqs(IrqRequest.disable(IrqIndex.MSI));
        exchange();
    }

    /** The next open has signals of its own; those of the last are gone with it. */
    @ParameterizedTest
    @EnumSource
    void anotherOpenBeginsWithoutSignals(Virtualization side) {
        DeviceHandle handle = open(side, Map.of("relay", "all"));
        handle.setIrqs(IrqRequest.trigger(IrqIndex.MSI, 0, users()));
        handle.close();
        bound.device().open(VfioUser.named("another"));
        exchange();
    }

    @Test
    void aWriteAtASignalOfTheDriversOwnKeepsIt() {
        DeviceHandle handle = open(Virtualization.HOST, Map.of("relay", "all"));
        handle.ioEvent(0, 0, 4, 1, users());
        refused();
        handle.ioEvent(0, 0, 4, 1, null);
        exchange();
    }

    @ParameterizedTest
    @EnumSource
    void signalsOfUsersAreNoObstacle(Virtualization side) {
        DeviceHandle handle = open(side, Map.of());
        handle.setIrqs(IrqRequest.trigger(IrqIndex.MSI, 0, users(), users()));
        exchange();
        assertTrue(handle.isOpen());
    }

    @Test
    void memoryOfTheDriversOwnClassKeepsItAsLongAsTheDeviceIsOpen() {
        DeviceHandle handle = open(Virtualization.RAW, Map.of("memory", "own"));
        refused();
        handle.close();
        exchange();
        assertFalse(bound.device().inUse());
    }
}
