// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.PciBinding;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.bus.PciFunction.Host;
import vfio.pci.core.bus.PciFunction.KernelDriver;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.internal.TestCore.Settings;
import vfio.pci.core.internal.slot.BindPolicy;

/** What policies and settings do beyond the table of PolicyTableTest. */
class PolicyTest {
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

    private static final class FailingProbe {
        static PciBinding probe(VfioPciDevice device) {
            throw new VfioException(Errno.ENXIO, "no firmware");
        }
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
        DeviceHandle handle = core.programs.open(NAME, VfioUser.named("qemu"));
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
        core.slot("0000:03:00.0").policy(BindPolicy.MANUAL);
        for (String name : List.of(NAME, SECOND, "0000:03:00.0")) {
            core.rematch(name);
        }
        assertEquals(null, core.row(NAME).driver());
        assertEquals("gen", core.row(SECOND).driver());
        assertEquals(null, core.row("0000:03:00.0").driver(), "nothing binds by itself under manual");
        assertEquals(Errno.EBUSY, TestCore.errno(() -> core.admin.bind(NAME, null, false)));
    }

    @Test
    void settingsThatCannotBeUnderstoodEndTheStart() {
        VfioException refused = assertThrows(VfioException.class, () -> new TestCore(
                new Settings("merge", -1, -5, "*=auto", "nonsense", "0000:*=foo", "zzz=auto", "2:0.0=pinned gen")));
        assertEquals(Errno.EINVAL, refused.errno());
        String text = refused.sentence();
        for (String part : List.of(":rules: 'merge' names no match rules; expected merged or strict-rfc",
                ":probeLimitMillis: -1 is less than 0 ms", ":drainMillis: -5 is less than 0 ms",
                ":policies[]=nonsense: expected PATTERN=POLICY", ":policies[]=0000:*=foo: set policy 'foo': expected manual",
                ":policies[]=zzz=auto: find function zzz: ")) {
            assertTrue(text.contains("setting vfio.pci.core" + part), text);
        }
        assertFalse(text.contains("*=auto:"), text);
    }

    @Test
    void changedSettingsDoNotUndoTheOperatorsPolicy() {
        with(new Settings("merged", 1000, 1000, "*=auto"), Virtualization.RAW);
        core.plug(NAME, 1, 2);
        core.admin.policy(NAME, "manual");
        core.core.modified(new Settings("strict-rfc", 2000, 1000, "*=auto"));
        assertEquals("- - - manual", core.state(NAME));
        assertEquals("strict-rfc", core.admin.status().rules());
        core.core.modified(new Settings("merged", 1000, 1000, "*=auto", "0000:*=pinned x"));
        assertEquals("- - - pinned x", core.state(NAME));
    }

    @Test
    void changedSettingThatCannotBeUnderstoodStaysAsItWas() {
        with(new Settings("strict-rfc", 1000, 1000), Virtualization.RAW);
        core.plug(NAME, 1, 2);
        core.core.modified(new Settings("other", 1000, -5, "0000:*=auto", "0000:*=foo"));
        assertEquals("strict-rfc", core.admin.status().rules());
        assertEquals(1000, core.core.drain().toMillis());
        assertEquals("- - - auto", core.state(NAME), "those that can be are taken");
        assertEquals(3, core.events("setting-refused").size());
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
}
