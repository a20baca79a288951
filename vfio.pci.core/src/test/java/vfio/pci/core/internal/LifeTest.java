// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.VfioUser;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fake.FakeBus;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.internal.TestCore.Settings;
import vfio.pci.core.internal.slot.FunctionSlot;

/** Drivers and functions that come, go, hang and fail while the core runs. */
class LifeTest {
    private static final String NAME = "0000:01:00.0";
    private static final String SECOND = "0000:02:00.0";

    private TestCore core = new TestCore();

    @AfterEach
    void end() {
        core.close();
    }

    private TestCore with(Settings settings, Virtualization virtualization) {
        core.close();
        core = new TestCore(settings, virtualization);
        return core;
    }

    /** A driver whose probe waits; the latch opens when it has begun. */
    private CountDownLatch slow(FakeDriver driver) {
        CountDownLatch probing = new CountDownLatch(1);
        driver.onProbe = device -> {
            probing.countDown();
            core.hang();
            return driver.new Operations(device);
        };
        return probing;
    }

    private CompletableFuture<Errno> refusedBind(String driver) {
        return CompletableFuture.supplyAsync(() -> TestCore.errno(() -> core.admin.bind(NAME, driver, false)),
                TestCore.OWN_THREAD);
    }

    @Test
    void unplugWhileOpenRevokesAndUnbinds() {
        FakeFunction function = core.plug(NAME, 1, 2);
        FakeDriver gen = core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.admin.bind(NAME, null, false);
        DeviceHandle handle = core.programs.open(NAME, VfioUser.named("qemu"));
        Mapping mapping = handle.map(0);
        mapping.write32(0, 7);
        core.bus.unplug(function);
        assertEquals(-1, mapping.read32(0));
        assertEquals(Errno.ENODEV, TestCore.errno(() -> handle.map(0)));
        assertEquals(List.of(NAME), gen.removed);
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.admin.function(NAME)));
        core.bus.plug(function);
        assertEquals("- - - manual", core.state(NAME));
    }

    @Test
    void unplugWhileTheDriverProbesLeavesNothing() throws Exception {
        FakeFunction function = core.plug(NAME, 1, 2);
        FakeDriver slow = FakeDriver.flagged("slow", "*:*");
        CountDownLatch probing = slow(slow);
        core.arrives(slow);
        FunctionSlot slot = core.slot(NAME);
        CompletableFuture<Errno> bind = refusedBind("slow");
        probing.await();
        CompletableFuture<Void> unplug = CompletableFuture.runAsync(() -> core.bus.unplug(function), TestCore.OWN_THREAD);
        await().until(slot::removed);
        core.release.countDown();
        assertEquals(Errno.ENODEV, bind.get());
        unplug.get();
        assertEquals(List.of(NAME), slow.removed);
        assertEquals(0, slow.held.get());
    }

    @Test
    void driverLeavesWhileItProbes() throws Exception {
        core.plug(NAME, 1, 2);
        FakeDriver slow = FakeDriver.flagged("slow", "*:*");
        CountDownLatch probing = slow(slow);
        core.arrives(slow);
        CompletableFuture<Errno> bind = refusedBind("slow");
        probing.await();
        core.leaves(slow);
        core.release.countDown();
        assertEquals(Errno.ENODEV, bind.get());
        assertEquals("- - - manual", core.state(NAME));
        assertEquals(List.of(NAME), slow.removed);
        assertEquals(0, slow.held.get());
    }

    @Test
    void driverThatLeavesSlowlyIsNotFaultyAndItsUsersAreStaleBefore() {
        core.plug(NAME, 1, 2);
        core.plug(SECOND, 1, 2);
        FakeDriver slow = core.arrives(FakeDriver.flagged("slow", "*:*"));
        List<DeviceHandle> handles = new ArrayList<>();
        for (String name : List.of(NAME, SECOND)) {
            core.admin.bind(name, null, false);
            handles.add(core.programs.open(name, VfioUser.named("qemu")));
        }
        slow.onRemove = () -> {
            assertTrue(handles.stream().noneMatch(DeviceHandle::isOpen));
            core.hang();
        };
        core.leaves(slow);
        assertTrue(handles.stream().noneMatch(DeviceHandle::isOpen));
        assertEquals("- slow operator manual", core.state(SECOND));
        core.release.countDown();
        await().untilAsserted(() -> assertEquals(Set.of(NAME, SECOND), Set.copyOf(slow.removed)));
        await().until(() -> slow.held.get() == 0);
        assertEquals(List.of(), core.events("driver-faulty"));
    }

    @Test
    void probeThatFailsAfterItsDriverLeftIsForgotten() throws Exception {
        core.plug(NAME, 1, 2);
        FakeDriver slow = FakeDriver.flagged("slow", "*:*");
        CountDownLatch probing = new CountDownLatch(1);
        slow.onProbe = device -> {
            probing.countDown();
            core.hang();
            throw new VfioException(Errno.ENXIO, "no firmware");
        };
        core.arrives(slow);
        CompletableFuture<Errno> bind = refusedBind("slow");
        probing.await();
        core.leaves(slow);
        core.release.countDown();
        assertEquals(Errno.ENXIO, bind.get());
        assertEquals(List.of(), core.admin.function(NAME).failures());
        assertEquals(0, slow.held.get());
    }

    @Test
    void unplugEndsADrainUnderWay() throws Exception {
        FakeFunction function = core.plug(NAME, 1, 2);
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.admin.bind(NAME, null, false);
        DeviceHandle handle = core.programs.open(NAME, VfioUser.named("deaf"));
        CompletableFuture<Void> unbind = CompletableFuture.runAsync(() -> core.admin.unbind(NAME), TestCore.OWN_THREAD);
        await().until(() -> core.events("requested").size() == 1);
        core.bus.unplug(function);
        assertFalse(handle.isOpen());
        unbind.get();
    }

    @Test
    void listsDoNotWaitForAHangingDriver() throws Exception {
        core.plug(NAME, 1, 2);
        FakeDriver stuck = FakeDriver.flagged("stuck", "*:*");
        CountDownLatch activating = new CountDownLatch(1);
        stuck.onTake = () -> {
            activating.countDown();
            core.hang();
        };
        core.arrives(stuck);
        CompletableFuture<Void> bind = CompletableFuture.runAsync(() -> core.admin.bind(NAME, "stuck", false),
                TestCore.OWN_THREAD);
        activating.await();
        assertEquals("ready", core.admin.drivers().get(0).state());
        assertEquals(1, core.admin.functions().size());
        assertEquals(1, core.admin.function(NAME).candidates().size());
        assertEquals(1, core.admin.status().drivers());
        assertEquals("override-id", core.admin.why(NAME, "stuck").reason());
        core.handover.retire(4711).close();
        core.release.countDown();
        bind.get();
        assertEquals("stuck stuck operator manual", core.state(NAME));
    }

    @Test
    void hangingDriverHurtsNobodyElse() {
        core.core.addSettings(BindTest.settings("a-stuck", "", 300));
        FakeDriver stuck = FakeDriver.ordinary("a-stuck", "*:*");
        slow(stuck);
        core.arrives(stuck);
        core.arrives(FakeDriver.ordinary("b", "*:*"));
        core.plug(NAME, 1, 2);
        core.plug(SECOND, 1, 2);
        core.settle();
        await().until(() -> core.admin.status().bound() == 2);
        assertEquals("b - - manual", core.state(NAME));
        assertEquals("b - - manual", core.state(SECOND));
        assertEquals(1, core.events("driver-faulty").size());
        assertTrue(core.events("driver-faulty").get(0).text().contains("stuck in probe " + NAME));
        assertEquals(1, stuck.probed.size());
    }

    @Test
    void busThatBreaksWhileItAnnouncesCanGoAndComeBack() {
        FakeBus bus = new FakeBus("flaky", Virtualization.RAW);
        bus.plug(new FakeFunction("0000:09:00.0", 1, 2));
        bus.broken = true;
        core.core.addBus(bus);
        assertEquals(1, core.events("bus-failed").size());
        core.core.removeBus(bus);
        assertEquals(0, core.admin.functions().size());
        bus.broken = false;
        core.core.addBus(bus);
        assertEquals(1, core.admin.functions().size());
    }

    @Test
    void functionOfAnotherSideThanItsBusSaysIsRefused() {
        FakeBus bus = new FakeBus("mixed", Virtualization.RAW);
        FakeFunction odd = bus.plug(new FakeFunction("0000:09:00.0", 1, 2));
        bus.plug(new FakeFunction("0000:09:00.1", 1, 2));
        odd.virtualization = Virtualization.HOST;
        core.core.addBus(bus);
        assertEquals(List.of("0000:09:00.1"), core.core.functions().on(bus).stream().map(FunctionSlot::address).toList());
        assertEquals("0000:09:00.0 is a HOST function and is refused: the bus says that its functions are RAW",
                core.events("bus-failed").get(0).text());
    }

    @Test
    void functionAnnouncedTwiceIsBoundOnce() {
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.plug(NAME, 1, 2);
        core.admin.bind(NAME, null, false);
        DeviceHandle handle = core.programs.open(NAME, VfioUser.named("a"));
        core.plug(NAME, 1, 2);
        assertFalse(handle.isOpen());
        assertEquals("- - - manual", core.state(NAME));
        assertEquals(1, core.admin.functions().size());
    }
}
