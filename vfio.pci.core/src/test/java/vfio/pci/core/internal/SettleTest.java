// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.osgi.service.condition.Condition;
import vfio.core.Event;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.internal.TestCore.Settings;
import vfio.pci.core.internal.policy.Matching;

/** Matching begins when all has settled, and shutdown ends it. */
class SettleTest {
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
        DeviceHandle first = core.programs.open(NAME, VfioUser.named("deaf"));
        DeviceHandle second = core.programs.open(SECOND, VfioUser.named("deaf"));
        core.core.removeCondition(Condition.INSTANCE);
        assertFalse(first.isOpen() || second.isOpen());
        assertEquals(2, core.events("requested").size());
        assertEquals(2, core.events("revoked").size());
        List<Event> unbound = core.events("unbound");
        assertTrue(core.events("requested").get(1).sequence() < unbound.get(0).sequence(),
                "all are asked before any is waited for");
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
                CompletableFuture.runAsync(() -> core.core.removeCondition(Condition.INSTANCE), TestCore.OWN_THREAD);
        await().until(() -> !core.admin.status().matching());
        core.release.countDown();
        closing.get();
        assertEquals(0, core.admin.status().bound());
        assertEquals(List.of(NAME), slow.probed);
        assertEquals(List.of(NAME), slow.removed);
    }
}
