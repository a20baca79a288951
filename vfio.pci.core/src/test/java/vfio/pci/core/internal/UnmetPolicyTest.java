// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.admin.PciAdmin.Outcome;
import vfio.pci.core.bus.PciFunction.Host;
import vfio.pci.core.bus.PciFunction.KernelDriver;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.id.PciAddress;

/** A policy that has not what it wants says why, once; a policy can be tried without setting it, and be removed. */
class UnmetPolicyTest {
    private static final String NAME = "0000:01:00.0";

    private final TestCore core = new TestCore();
    private FakeFunction function;

    @BeforeEach
    void plug() {
        function = core.plug(NAME, 1, 2);
    }

    @AfterEach
    void end() {
        core.close();
    }

    private String unmet(String policy) {
        core.admin.policy(NAME, policy);
        core.rematch(NAME);
        return core.row(NAME).unmet();
    }

    @Test
    void eachObstacleIsNamed() {
        assertEquals("no VFIO driver that is here has an entry for it; install its driver's bundle", unmet("auto"));
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        assertEquals("no driver gem is here; did you mean gen?", unmet("pinned gem"));
        function.headerType = 1;
        assertTrue(unmet("auto").startsWith("it is a bridge"));
        function.headerType = 0;
        function.virtualFunctions = List.of(PciAddress.parse("0000:01:00.1"));
        assertTrue(unmet("auto").startsWith("it is a PF with 1 active VFs"));
        assertTrue(unmet("pinned gen").startsWith("it is a PF with 1 active VFs"));
        function.virtualFunctions = List.of();
        core.admin.override(NAME, "other");
        assertEquals("no driver other is here", unmet("auto"));
        assertEquals("the operator's override names other; clear it with 'override 0000:01:00.0 --clear'",
                unmet("pinned gen"));
        core.admin.override(NAME, "");
        function.host = new Host("nvme", null, List.of(new KernelDriver("vfio_pci", "vfio-pci", null)));
        assertTrue(unmet("auto").startsWith("driver nvme of its host has it"));
        function.host = null;
        assertNull(unmet("auto"));
        assertEquals("gen gen policy auto", core.state(NAME));
    }

    @Test
    void failureOfTheDriverIsTheReason() {
        core.arrives(FakeDriver.flagged("gen", "*:*")).onProbe = device -> {
            throw new VfioException(Errno.ENXIO, "no firmware");
        };
        assertEquals("driver gen failed here: no firmware (ENXIO, " + Errno.ENXIO.text() + ")", unmet("pinned gen"));
        assertEquals("driver gen failed here: no firmware (ENXIO, " + Errno.ENXIO.text() + ")", unmet("auto"));
    }

    @Test
    void userOfAnotherDriverIsTheReason() {
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.arrives(FakeDriver.flagged("own", "1:2"));
        core.admin.bind(NAME, "gen", false);
        DeviceHandle user = core.programs.open(NAME, VfioUser.named("qemu"));
        assertEquals("driver gen is held open by qemu", unmet("pinned own"));
        user.close();
        core.rematch(NAME);
        assertNull(core.row(NAME).unmet());
    }

    @Test
    void whatHasAPhysicalFunctionWithVfsKeepsItWhateverIsPinned() {
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.arrives(FakeDriver.ordinary("own", "1:2").owner());
        core.admin.bind(NAME, "gen", false);
        function.virtualFunctions = List.of(PciAddress.parse("0000:01:00.1"));
        assertTrue(unmet("pinned own").startsWith("it is a PF with 1 active VFs"), "they would go with gen");
        assertEquals("no driver nothere is here", unmet("pinned nothere"));
        assertTrue(core.state(NAME).startsWith("gen "), core.state(NAME));
        function.virtualFunctions = List.of();
        assertNull(unmet("pinned own"));
    }

    @Test
    void isCountedAndSaidOnce() {
        assertEquals(0, core.admin.status().unmet());
        unmet("auto");
        core.rematch(NAME);
        core.rematch(NAME);
        assertEquals(1, core.admin.status().unmet());
        assertEquals(List.of("auto: no VFIO driver that is here has an entry for it; install its driver's bundle"),
                core.events("policy-unmet").stream().map(event -> event.text()).toList());
        core.admin.policy(NAME, "manual");
        assertEquals(0, core.admin.status().unmet());
    }

    @Test
    void policyCanBeTriedWithoutSettingIt() {
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.plug("0000:02:00.0", 1, 2).headerType = 1;
        assertEquals(List.of(
                new Outcome("test/" + NAME, null, true, true, List.of("policy auto, was manual", "bind to gen")),
                new Outcome("test/0000:02:00.0", null, true, true, List.of("policy auto, was manual",
                        "nothing is bound: it is a bridge (header type 1); only functions with header type 0 can be bound"))),
                core.admin.policy("*", "auto", true));
        assertEquals("- - - manual", core.state(NAME));
        assertEquals(List.of(), core.admin.policies());
        assertEquals(List.of(), core.events("policy"));
    }

    @Test
    void removedPolicyLeavesWhatWasSetBefore() {
        core.admin.policy("*", "pinned a");
        core.admin.policy("0000:01:*", "auto");
        core.admin.policy(NAME, "manual");
        assertEquals(List.of("policy auto, was manual"),
                core.admin.removePolicy(NAME, true).get(0).steps().subList(0, 1));
        assertEquals("- - - manual", core.state(NAME));
        core.admin.removePolicy(NAME, false);
        assertEquals("- - - auto", core.state(NAME));
        core.admin.removePolicy("*", false);
        core.admin.removePolicy("0000:01:*", false);
        assertEquals("- - - manual", core.state(NAME));
        assertEquals(List.of(), core.admin.policies());
        assertEquals(Errno.ENOENT, TestCore.errno(() -> core.admin.removePolicy("0000:01:*", false)));
        assertEquals(Errno.ENOENT, TestCore.errno(() -> core.admin.removePolicy("test/" + NAME, true)));
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.removePolicy("zzz", false)));
    }

    @Test
    void pinToADriverThatIsNotHereIsSetWithANote() {
        core.arrives(FakeDriver.flagged("vfio-pci", "*:*"));
        assertEquals("note: no driver VFIO-PCI is here; did you mean vfio-pci?; nothing is bound until it comes",
                core.admin.policy(NAME, "pinned VFIO-PCI").get(0).steps().get(1));
    }
}
