// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.osgi.service.condition.Condition;
import vfio.core.DeviceHandle;
import vfio.core.Errno;
import vfio.core.Event;
import vfio.core.Mapping;
import vfio.core.VfioException;
import vfio.core.VfioUser;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciFunction.Host;
import vfio.pci.core.PciFunction.KernelDriver;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.internal.TestCore.Settings;

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
        return CompletableFuture.supplyAsync(() -> TestCore.errno(() -> core.admin.bind(NAME, driver, false)));
    }

    @Test
    void nothingBindsUntilAllHasSettledThenEachOnce() {
        FakeDriver late = FakeDriver.ordinary("exact", "15b3:101e");
        core.plug(NAME, 0x15b3, 0x101e);
        core.arrives(FakeDriver.ordinary("any", "*:*"));
        core.plug(SECOND, 1, 2);
        core.arrives(late);
        assertEquals(List.of(), core.events("bound"));
        assertFalse(core.admin.status().matching());
        core.settle();
        await().until(() -> core.admin.status().bound() == 2);
        assertEquals("exact - - manual", core.state(NAME));
        assertEquals(2, core.events("bound").size());
        assertEquals(List.of(NAME), late.probed);
    }

    @Test
    void shutdownUnbindsEverythingAndMatchesNothingAgain() {
        FakeDriver gen = core.arrives(FakeDriver.ordinary("gen", "*:*"));
        core.plug(NAME, 1, 2);
        core.plug(SECOND, 1, 2);
        core.settle();
        await().until(() -> core.admin.status().bound() == 2);
        core.core.removeCondition(Condition.INSTANCE);
        assertEquals(List.of(SECOND, NAME), gen.removed);
        assertEquals(0, gen.held.get());
        core.arrives(FakeDriver.ordinary("late", "1:2"));
        core.plug("0000:03:00.0", 1, 2);
        assertEquals(0, core.admin.status().bound());
        assertFalse(core.admin.status().matching());
    }

    @Test
    void shutdownSharesOneDeadlineAndRevokesWhoStays() {
        with(new Settings("merged", 60_000, 50), Virtualization.RAW);
        core.arrives(FakeDriver.ordinary("gen", "*:*"));
        core.plug(NAME, 1, 2);
        core.plug(SECOND, 1, 2);
        core.settle();
        await().until(() -> core.admin.status().bound() == 2);
        DeviceHandle first = core.admin.open(NAME, VfioUser.named("deaf"));
        DeviceHandle second = core.admin.open(SECOND, VfioUser.named("deaf"));
        core.core.removeCondition(Condition.INSTANCE);
        assertFalse(first.isOpen() || second.isOpen());
        assertEquals(2, core.events("requested").size());
        assertEquals(2, core.events("revoked").size());
        List<Event> unbound = core.events("unbound");
        assertTrue(core.events("requested").get(1).sequence() < unbound.get(0).sequence(), "all are asked before any is waited for");
    }

    @Test
    void replacedConditionKeepsMatchingOpen() {
        core.settle();
        core.settle();
        core.core.removeCondition(Condition.INSTANCE);
        assertTrue(core.admin.status().matching());
        core.core.removeCondition(Condition.INSTANCE);
        assertFalse(core.admin.status().matching());
    }

    @Test
    void closingWhileAProbeRunsLeavesNothingBound() throws Exception {
        FakeDriver slow = FakeDriver.ordinary("slow", "*:*");
        CountDownLatch probing = slow(slow);
        core.arrives(slow);
        core.plug(NAME, 1, 2);
        core.plug(SECOND, 1, 2);
        core.settle();
        probing.await();
        CompletableFuture<Void> closing =
                CompletableFuture.runAsync(() -> core.core.removeCondition(Condition.INSTANCE));
        await().until(() -> !core.admin.status().matching());
        core.release.countDown();
        closing.get();
        assertEquals(0, core.admin.status().bound());
        assertEquals(List.of(NAME), slow.probed);
        assertEquals(List.of(NAME), slow.removed);
    }

    @Test
    void unplugWhileOpenRevokesAndUnbinds() {
        FakeFunction function = core.plug(NAME, 1, 2);
        FakeDriver gen = core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.admin.bind(NAME, null, false);
        DeviceHandle handle = core.admin.open(NAME, VfioUser.named("qemu"));
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
        CompletableFuture<Void> unplug = CompletableFuture.runAsync(() -> core.bus.unplug(function));
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
        assertEquals(List.of(), core.admin.function(NAME).failures(), "nothing is kept of a driver that has left");
    }

    @Test
    void unplugEndsADrainUnderWay() throws Exception {
        FakeFunction function = core.plug(NAME, 1, 2);
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.admin.bind(NAME, null, false);
        DeviceHandle handle = core.admin.open(NAME, VfioUser.named("deaf"));
        CompletableFuture<Void> unbind = CompletableFuture.runAsync(() -> core.admin.unbind(NAME));
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
        CompletableFuture<Void> bind = CompletableFuture.runAsync(() -> core.admin.bind(NAME, "stuck", false));
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
        core.core.addSettings(BindTest.settings("a-stuck", "", 30));
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
    void autoFallsThroughAndLeavesOutAfterThreeFailures() {
        FakeDriver best = core.arrives(FakeDriver.flagged("best", "1:2"));
        best.onProbe = FailingProbe::probe;
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.plug(NAME, 1, 2);
        core.admin.policy(NAME, "auto");
        for (int failures = 1; failures <= 5; failures++) {
            core.rematch(NAME);
            assertEquals("gen gen policy auto", core.state(NAME));
            assertEquals(Math.min(failures, 3), best.probed.size());
        }
        assertEquals(3, core.events("bind-failed").size());
        core.leaves(best);
        core.arrives(best);
        core.rematch(NAME);
        assertEquals(4, best.probed.size(), "its bundle has changed");
        assertEquals(Errno.ENXIO, TestCore.errno(() -> core.admin.bind(NAME, "best", false)));
        best.onProbe = device -> best.new Operations(device);
        core.rematch(NAME);
        assertEquals("best best policy auto", core.state(NAME));
    }

    private static final class FailingProbe {
        static PciBinding probe(VfioPciDevice device) {
            throw new VfioException(Errno.ENXIO, "no firmware");
        }
    }

    @Test
    void autoWithoutASuccessLeavesNoOverrideBehind() {
        core.arrives(FakeDriver.flagged("best", "1:2")).onProbe = FailingProbe::probe;
        core.plug(NAME, 1, 2);
        core.admin.policy(NAME, "auto");
        core.rematch(NAME);
        assertEquals("- - - auto", core.state(NAME));
    }

    @Test
    void noFallThroughUnderAPinOrAnOverride() {
        core.arrives(FakeDriver.flagged("best", "1:2")).onProbe = FailingProbe::probe;
        FakeDriver gen = core.arrives(FakeDriver.ordinary("gen", "*:*"));
        core.plug(NAME, 1, 2);
        core.admin.policy(NAME, "pinned best");
        core.rematch(NAME);
        assertEquals("- - - pinned best", core.state(NAME));
        core.admin.policy(NAME, "manual");
        core.admin.override(NAME, "best");
        core.rematch(NAME);
        assertEquals("- best operator manual", core.state(NAME));
        assertEquals(List.of(), gen.probed);
    }

    @Test
    void policysOverrideDoesNotStandInTheWayOfAnOrdinaryDriver() {
        FakeDriver best = core.arrives(FakeDriver.flagged("best", "1:2"));
        core.arrives(FakeDriver.ordinary("net", "1:2").owner());
        core.plug(NAME, 1, 2);
        core.admin.policy(NAME, "auto");
        core.rematch(NAME);
        assertEquals("best best policy auto", core.state(NAME));
        core.leaves(best);
        core.rematch(NAME);
        assertEquals("net - - auto", core.state(NAME));
    }

    @Test
    void busyFunctionTakesTheBetterDriverWhenItsUserCloses() {
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.plug(NAME, 1, 2);
        core.admin.policy("0000:01:*", "auto");
        core.settle();
        await().until(() -> core.admin.status().bound() == 1);
        DeviceHandle handle = core.admin.open(NAME, VfioUser.named("qemu"));
        core.arrives(FakeDriver.flagged("best", "1:2"));
        await().until(() -> core.admin.status().wanted() == 0);
        assertEquals("gen gen policy auto", core.state(NAME));
        handle.close();
        await().until(() -> core.state(NAME).equals("best best policy auto"));
    }

    @Test
    void onTheHostsBusAutoActsOnlyWhereTheHostHasGivenTheFunction() {
        with(new Settings("merged", 60_000, 60_000, "*=auto"), Virtualization.HOST);
        core.arrives(FakeDriver.ordinary("gen", "*:*"));
        List<KernelDriver> vfio = List.of(new KernelDriver("vfio_pci", "vfio-pci", null));
        core.plug(NAME, 1, 2).host = new Host("nvme", null, vfio);
        core.plug(SECOND, 1, 2).host = new Host("vfio-pci", "vfio-pci", vfio);
        core.plug("0000:03:00.0", 1, 2).host = new Host(null, null, vfio);
        core.slot("0000:03:00.0").policy(Policy.MANUAL);
        for (String name : List.of(NAME, SECOND, "0000:03:00.0")) {
            core.rematch(name);
        }
        assertEquals(null, core.row(NAME).driver());
        assertEquals("gen", core.row(SECOND).driver());
        assertEquals(null, core.row("0000:03:00.0").driver(), "nothing binds by itself under manual");
        core.admin.bind(NAME, null, false);
    }

    @Test
    void faultySettingsLeaveTheOthers() {
        with(new Settings("merged", 0, -5, "*=auto", "nonsense", "0000:01:00.0=sometimes", "2:0.0=pinned gen"),
                Virtualization.RAW);
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.plug(NAME, 1, 2);
        core.plug(SECOND, 1, 2);
        assertEquals("- - - auto", core.state(NAME));
        assertEquals("- - - pinned gen", core.state(SECOND));
        assertEquals(2, core.events("policy").stream().filter(e -> e.text().contains("left out")).count());
        core.admin.bind(NAME, null, false);
    }

    @Test
    void changedSettingsDoNotUndoTheOperatorsPolicy() {
        with(new Settings("merged", 1000, 1000, "*=auto"), Virtualization.RAW);
        core.plug(NAME, 1, 2);
        core.admin.policy(NAME, "manual");
        core.core.modified(new Settings("strict-rfc", 2000, 1000, "*=auto"));
        assertEquals("- - - manual", core.state(NAME));
        assertEquals("strict-rfc", core.admin.status().rules());
        assertThrows(IllegalArgumentException.class,
                () -> core.core.modified(new Settings("other", 1000, 1000)));
        core.core.modified(new Settings("merged", 1000, 1000, "*=auto", "0000:*=pinned x"));
        assertEquals("- - - pinned x", core.state(NAME));
    }

    @Test
    void strictRulesBindAnOrdinaryDriverOnlyWithoutAnOverride() {
        with(new Settings("strict-rfc", 60_000, 60_000), Virtualization.RAW);
        core.arrives(FakeDriver.ordinary("net", "1:2"));
        core.arrives(FakeDriver.flagged("best", "1:2"));
        core.arrives(FakeDriver.flagged("stranger", "8:8"));
        core.plug(NAME, 1, 2);
        core.admin.bind(NAME, "best", false);
        assertEquals("best best operator manual", core.state(NAME));
        assertEquals(List.of("unbind from best", "clear override best", "probe net"),
                core.admin.bind(NAME, "net", true).steps());
        core.admin.bind(NAME, "net", false);
        assertEquals("net - - manual", core.state(NAME));
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.admin.bind(NAME, "stranger", false)));
        core.admin.unbind(NAME);
        core.admin.override(NAME, "net");
        core.rematch(NAME);
        assertEquals("- net operator manual", core.state(NAME));
        assertEquals("override-of-ordinary-entry", core.admin.why(NAME, "net").reason());
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
    void functionAnnouncedTwiceIsBoundOnce() {
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.plug(NAME, 1, 2);
        core.admin.bind(NAME, null, false);
        DeviceHandle handle = core.admin.open(NAME, VfioUser.named("a"));
        core.plug(NAME, 1, 2);
        assertFalse(handle.isOpen());
        assertEquals("- - - manual", core.state(NAME));
        assertEquals(1, core.admin.functions().size());
    }
}
