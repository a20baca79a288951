// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.Thread.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.admin.DriverHandover.Handover;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.internal.TestCore.Settings;

class HandoverTest {
    private static final String FIRST = "0000:01:00.0";
    private static final String SECOND = "0000:02:00.0";
    private static final List<String> BOTH = List.of("test/" + FIRST, "test/" + SECOND);

    private final TestCore core = new TestCore(new Settings("merged", 60_000, 10));
    private final FakeDriver old = FakeDriver.flagged("acme", "1:2").from("acme", 7, "1.0.0");
    private final FakeDriver next = FakeDriver.flagged("acme", "1:2").from("acme", 7, "1.1.0");

    private FakeFunction first;

    @BeforeEach
    void bindBoth() {
        core.arrives(old);
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        first = core.plug(FIRST, 1, 2);
        core.plug(SECOND, 1, 2);
        core.admin.policy("*", "auto");
        core.rematch(FIRST);
        core.rematch(SECOND);
    }

    @AfterEach
    void end() {
        core.close();
    }

    @Test
    void anOverrideWrittenSinceDoesNotCostAnUpgradedFunctionItsDriver() {
        core.admin.override(FIRST, "gen");
        Handover taken = core.handover.retire(7);
        core.leaves(old);
        core.arrives(next);
        assertEquals(Map.of(), taken.restore());
        taken.close();
        assertEquals("acme gen operator auto", core.state(FIRST));
    }

    @Test
    void retireTakesEveryFunctionAndNobodyRematchesIt() {
        DeviceHandle handle = core.programs.open(FIRST, VfioUser.named("deaf"));
        Handover taken = core.handover.retire(7);
        assertEquals(BOTH, taken.functions());
        assertFalse(handle.isOpen());
        assertEquals(List.of(SECOND, FIRST), old.removed);
        assertEquals(0, old.held.get());
        core.rematch(FIRST);
        assertEquals("- acme policy auto", core.state(FIRST), "held until the handover ends");
        taken.close();
        core.rematch(FIRST);
        assertEquals("acme acme policy auto", core.state(FIRST));
    }

    @Test
    void bundleThatIsRetiredInsideAnAccessKeepsAllItHas() {
        DeviceHandle handle = core.programs.open(FIRST, VfioUser.named("user"));
        List<Errno> refused = new ArrayList<>();
        old.onIrqs = () -> refused.add(TestCore.errno(() -> core.handover.retire(7)));
        handle.setIrqs(IrqRequest.trigger(IrqIndex.REQ, 0, () -> { }));
        old.onIrqs = () -> { };
        assertEquals(List.of(Errno.EDEADLK), refused);
        assertEquals("acme acme policy auto", core.state(SECOND));
        core.programs.open(SECOND, VfioUser.named("another")).close();
        assertTrue(handle.isOpen());
        assertFalse(core.slot(FIRST).held(), "matching goes on");
    }

    @Test
    void bundleThatWasGivenUpServesNothingWhateverItStillRegisters() {
        core.handover.giveUp(7);
        core.rematch(FIRST);
        assertTrue(core.state(FIRST).startsWith("gen "), core.state(FIRST));
        core.arrives(FakeDriver.flagged("acme", "1:2").from("acme", 7, "1.0.0"));
        core.leaves(old);
        assertEquals(List.of("gen"), core.admin.drivers().stream().map(driver -> driver.driver()).toList());
        core.arrives(FakeDriver.flagged("acme", "1:2").from("acme", 8, "1.0.0"));
        core.rematch(FIRST);
        assertEquals("acme acme policy auto", core.state(FIRST), "another bundle of that name is another matter");
    }

    @Test
    void restoreBindsEachToWhatIsHereNow() {
        Handover taken = core.handover.retire(7);
        core.leaves(old);
        core.arrives(next);
        assertEquals(Map.of(), taken.restore());
        taken.close();
        assertEquals(List.of(FIRST, SECOND), next.probed);
        assertEquals("acme acme policy auto", core.state(SECOND));
        assertEquals("acme 1.1.0", core.admin.drivers().get(0).bundle());
    }

    @Test
    void restoreNamesWhatCouldNotBeBoundAndThePolicyTakesIt() {
        Handover taken = core.handover.retire(7);
        core.leaves(old);
        core.arrives(next).onProbe = device -> {
            if (device.address().toString().equals(SECOND)) {
                throw new VfioException(Errno.ENXIO, "no firmware");
            }
            return next.new Operations(device);
        };
        Map<String, String> failures = taken.restore();
        assertEquals(List.of("test/" + SECOND), List.copyOf(failures.keySet()));
        assertTrue(failures.get("test/" + SECOND).contains("no firmware"));
        taken.close();
        core.rematch(SECOND);
        assertEquals("gen gen policy auto", core.state(SECOND));
        assertEquals("acme acme policy auto", core.state(FIRST));
    }

    @Test
    void functionThatLeavesWhileItIsRestoredIsNoFailure() {
        Handover taken = core.handover.retire(7);
        core.leaves(old);
        core.arrives(next).onProbe = device -> {
            if (device.address().toString().equals(FIRST)) {
                Thread bus = new Thread(() -> core.bus.unplug(first));
                bus.start();
                await().until(() -> bus.getState() == State.WAITING || bus.getState() == State.TERMINATED);
            }
            return next.new Operations(device);
        };
        assertEquals(Map.of(), taken.restore());
        taken.close();
        assertEquals("acme acme policy auto", core.state(SECOND));
    }

    @Test
    void removedBundleHandsItsFunctionsToTheNextBest() {
        Handover taken = core.handover.retire(7);
        core.leaves(old);
        assertEquals(2, taken.restore().size());
        taken.close();
        core.rematch(FIRST);
        assertEquals("gen gen policy auto", core.state(FIRST));
    }

    @Test
    void closingTwiceDoesNotEndALaterHandover() {
        Handover first = core.handover.retire(7);
        first.restore();
        first.close();
        Handover second = core.handover.retire(7);
        assertEquals(BOTH, second.functions());
        first.close();
        core.rematch(FIRST);
        assertEquals(null, core.row(FIRST).driver());
        second.close();
    }

    @Test
    void functionsThatLeftMeanwhileAreNoFailure() {
        Handover taken = core.handover.retire(7);
        core.core.removeBus(core.bus);
        assertEquals(Map.of(), taken.restore());
        taken.close();
    }
}
