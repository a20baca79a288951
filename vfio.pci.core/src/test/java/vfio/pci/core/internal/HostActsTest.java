// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.admin.PciAdmin.HostRequest;
import vfio.pci.core.admin.PciAdmin.HostRow;
import vfio.pci.core.admin.PciAdmin.Outcome;
import vfio.pci.core.bus.HostBinding;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.internal.TestCore.Settings;

/** When an operator's acts take a function from its host and give it back, and when they leave it alone. */
class HostActsTest {
    private static final String NAME = "0000:01:00.0";

    private final TestCore core = new TestCore(new Settings("merged", 60_000, 60_000), Virtualization.HOST);
    private final FakeFunction function = core.plug(NAME, 1, 2);
    private final FakeDriver driver = FakeDriver.flagged("gen", "*:*");
    private final Below below = new Below();

    /** The host: writes down what it is asked, and changes the function's host driver. */
    private final class Below implements HostBinding {
        private final List<String> calls = new ArrayList<>();
        private Former former;
        private Errno fails;

        @Override
        public List<String> guards() {
            return List.of("network", "display");
        }

        @Override
        public List<String> plan(Request request) {
            return List.of("would take " + request.driver());
        }

        @Override
        public List<String> take(Request request) {
            calls.add("take " + request.driver() + " " + request.force() + " " + request.owner());
            if (fails != null) {
                throw new VfioException(fails, "the host refuses");
            }
            former = new Former("nvme", "pci-stub");
            has("vfio-pci");
            return List.of("taken");
        }

        @Override
        public Optional<Former> former() {
            return Optional.ofNullable(former);
        }

        @Override
        public List<String> giveBack() {
            calls.add("give back");
            if (fails != null) {
                throw new VfioException(fails, "the host waits");
            }
            former = null;
            has("nvme");
            return List.of("given back");
        }

        @Override
        public List<String> planToHost() {
            if (fails != null) {
                throw new VfioException(fails, "the host refuses");
            }
            return List.of("would give it to its host");
        }

        @Override
        public List<String> toHost() {
            calls.add("to host");
            former = null;
            boolean already = "nvme".equals(function.host.driver());
            has("nvme");
            return already ? List.of() : List.of("nvme has it");
        }
    }

    private void has(String hostDriver) {
        has(hostDriver, null);
    }

    private void has(String hostDriver, String hostOverride) {
        function.host = new PciFunction.Host(hostDriver, hostOverride,
                List.of(new PciFunction.KernelDriver("vfio_pci", "vfio-pci", null)));
    }

    @BeforeEach
    void onHost() {
        function.hostBinding = below;
        has("nvme");
        core.arrives(driver);
    }

    @AfterEach
    void end() {
        core.close();
    }

    @Test
    void bindTakesAndUnbindGivesBack() {
        Outcome bound = core.admin.bind(NAME, null, false);
        assertEquals(List.of("taken", "wrote override gen", "bound to gen"), bound.steps());
        Outcome unbound = core.admin.unbind(NAME);
        assertEquals(List.of("unbound from gen", "cleared override gen", "given back"), unbound.steps());
        assertEquals(List.of("take null [] null", "give back"), below.calls);
        assertEquals(1, core.events("host-taken").size());
        assertEquals(1, core.events("host-given-back").size());
    }

    @Test
    void guardThatThereIsNotIsRefusedWhetherItIsTakenOrNot() {
        HostRequest typo = new HostRequest(null, List.of("netwrok"), null);
        for (String hostDriver : List.of("nvme", "vfio-pci")) {
            has(hostDriver);
            for (boolean dryRun : List.of(true, false)) {
                VfioException refused =
                        assertThrows(VfioException.class, () -> core.admin.bind(NAME, null, typo, dryRun));
                assertEquals(Errno.EINVAL, refused.errno());
                assertTrue(refused.sentence().endsWith("no guard 'netwrok' can be forced; did you mean network?; "
                        + "they are network, display"), refused.sentence());
            }
        }
        assertEquals(List.of(), below.calls);
    }

    @Test
    void functionTellsWhomItWasTakenFrom() {
        assertEquals(new HostRow(null, null, false, null, null), core.admin.function(NAME).host());
        core.admin.bind(NAME, null, false);
        assertEquals(new HostRow("vfio_pci", null, true, "nvme", "pci-stub"), core.admin.function(NAME).host());
        core.admin.unbind(NAME);
        assertEquals(new HostRow(null, null, false, null, null), core.admin.function(NAME).host());
        function.hostBinding = null;
        assertEquals(new HostRow(null, null, null, null, null), core.admin.function(NAME).host(), "not known");
        function.host = null;
        assertNull(core.admin.function(NAME).host());
    }

    @Test
    void functionWithoutAHostDriverHasNoModuleThoughOnesDriverIsNotKnownYet() {
        function.host = new PciFunction.Host(null, "any", List.of(new PciFunction.KernelDriver("vfio_pci", null, null)));
        assertEquals(new HostRow(null, "any", false, null, null), core.admin.function(NAME).host());
    }

    @Test
    void whatTheHostGaveBeforehandIsNeitherTakenNorGivenBack() {
        has("vfio-pci");
        core.admin.bind(NAME, null, false);
        core.admin.unbind(NAME);
        assertEquals(List.of(), below.calls);
    }

    @Test
    void whatAnEarlierRunTookIsGivenBackThoughNoDriverOfOursHasIt() {
        below.former = new HostBinding.Former(null, null);
        has("vfio-pci");
        assertEquals(List.of("given back"), core.admin.unbind(NAME).steps());
        assertFalse(core.admin.unbind(NAME).changed());
    }

    @Test
    void wayToTheHostIsNamedWhereNoBindIsRemembered() {
        has("vfio-pci", "vfio-pci");
        List<String> said = core.admin.unbind(NAME).steps();
        assertTrue(said.get(1).endsWith("'vfio unbind 0000:01:00.0 --to-host' gives it to the host's own driver"),
                said.toString());
        core.admin.bind(NAME, null, false);
        List<String> steps = core.admin.unbind(NAME).steps();
        assertTrue(steps.get(steps.size() - 1).startsWith("left with vfio-pci of its host"), steps.toString());
        assertEquals(List.of(), below.calls);
    }

    @Test
    void functionGoesToItsHostsDriverThoughNoBindIsRemembered() {
        has("vfio-pci", "vfio-pci");
        core.admin.bind(NAME, null, false);
        core.admin.policy(NAME, "auto");
        assertEquals(List.of("unbind from gen", "would give it to its host"), core.admin.unbindToHost(NAME, true).steps());
        assertEquals("gen gen policy auto", core.state(NAME));
        Outcome outcome = core.admin.unbindToHost(NAME, false);
        assertTrue(outcome.steps().containsAll(List.of("unbound from gen", "nvme has it")), outcome.steps().toString());
        assertEquals("- - - manual", core.state(NAME));
        assertEquals(1, core.events("host-given-back").size());
        assertFalse(core.admin.unbindToHost(NAME, false).changed());
        function.hostBinding = null;
        assertEquals(Errno.EOPNOTSUPP, TestCore.errno(() -> core.admin.unbindToHost(NAME, false)));
    }

    @Test
    void wayToTheHostThatItRefusesLeavesOursBound() {
        has("vfio-pci", "vfio-pci");
        core.admin.bind(NAME, null, false);
        below.fails = Errno.EBUSY;
        assertEquals(Errno.EBUSY, TestCore.errno(() -> core.admin.unbindToHost(NAME, false)));
        assertEquals("gen gen operator manual", core.state(NAME));
        assertEquals(List.of(), below.calls);
    }

    @Test
    void wayToTheHostInsideAnAccessChangesNothing() {
        TestCore raw = new TestCore(new Settings("merged", 60_000, 60_000)); // whose functions can be opened
        FakeDriver gen = raw.arrives(FakeDriver.flagged("gen", "*:*"));
        raw.plug(NAME, 1, 2).hostBinding = below;
        raw.admin.bind(NAME, null, false);
        raw.admin.policy(NAME, "auto");
        DeviceHandle handle = raw.programs.open(NAME, VfioUser.named("user"));
        List<Errno> refused = new ArrayList<>();
        gen.onIrqs = () -> refused.add(TestCore.errno(() -> raw.admin.unbindToHost(NAME, false)));
        handle.setIrqs(IrqRequest.trigger(IrqIndex.REQ, 0, () -> { }));
        gen.onIrqs = () -> { };
        assertEquals(List.of(Errno.EDEADLK), refused);
        assertEquals("gen gen policy auto", raw.state(NAME));
        raw.programs.open(NAME, VfioUser.named("another")).close();
        raw.close();
    }

    @Test
    void whatThisActTookGoesBackWhereOursFails() {
        driver.onProbe = device -> {
            throw new VfioException(Errno.ENXIO, "no such register");
        };
        VfioException failed = assertThrows(VfioException.class, () -> core.admin.bind(NAME, "gen", false));
        assertEquals(Errno.ENXIO, failed.errno());
        assertTrue(failed.getMessage().contains("; given back"), failed.getMessage());
        assertEquals(List.of("take null [] null", "give back"), below.calls);
    }

    @Test
    void hostThatRefusesLeavesOursUnbound() {
        below.fails = Errno.EBUSY;
        assertEquals(Errno.EBUSY, TestCore.errno(() -> core.admin.bind(NAME, "gen", false)));
        assertEquals("- - - manual", core.state(NAME));
    }

    @Test
    void givingBackThatFailsCanBeRepeated() {
        core.admin.bind(NAME, null, false);
        below.fails = Errno.ETIMEDOUT;
        assertEquals(Errno.ETIMEDOUT, TestCore.errno(() -> core.admin.unbind(NAME)));
        assertEquals("- - - manual", core.state(NAME));
        below.fails = null;
        assertEquals(List.of("given back"), core.admin.unbind(NAME).steps());
    }

    @Test
    void wishesReachTheHostAndAreRefusedWhereThereIsNone() {
        HostRequest wishes = new HostRequest("vfio-pci", List.of("network"), "guest");
        assertEquals(List.of("would take vfio-pci", "write override gen", "probe gen"),
                core.admin.bind(NAME, null, wishes, true).steps());
        core.admin.bind(NAME, null, wishes, false);
        assertEquals(List.of("take vfio-pci [network] guest"), below.calls);
        core.admin.unbind(NAME);
        function.hostBinding = null;
        has("vfio-pci");
        assertEquals(Errno.EOPNOTSUPP, TestCore.errno(() -> core.admin.bind(NAME, null, wishes, false)));
    }

    @Test
    void policyNeverTakes() {
        core.admin.policy("*", "auto");
        core.settle();
        core.rematch(NAME);
        assertEquals("- - - auto", core.state(NAME));
        assertEquals(List.of(), below.calls);
        assertTrue(core.admin.why(NAME, "gen").text().contains("bind would take it from its host first"));
    }

    @Test
    void hostDriverThatTakesAFunctionEndsOurs() {
        core.admin.bind(NAME, null, false);
        core.bus.rebound(function);
        assertEquals("gen gen operator manual", core.state(NAME), "VFIO has it still");
        has("nvme");
        core.bus.rebound(function);
        assertEquals("- gen operator manual", core.state(NAME));
        assertEquals(2, core.events("host-driver").size());
    }

    @Test
    void hostDriverMakesTheVirtualFunctionsOfItsOwn() {
        List<Integer> counts = new ArrayList<>();
        function.onVirtualFunctions = counts::add;
        assertEquals(2, core.core.virtualFunctions().configure(core.slot(NAME), 2, going -> { }));
        assertEquals(List.of(2), counts);
    }
}
