// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.bus.FakeHost;
import vfio.hardware.linux.bus.KernelDrivers;
import vfio.hardware.linux.bus.LinuxFunction;
import vfio.hardware.linux.bus.SysfsTree;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.bus.HostBinding;
import vfio.pci.core.bus.HostBinding.Former;
import vfio.pci.core.bus.HostBinding.Request;
import vfio.pci.core.id.PciAddress;

/** Taking a function from its host and giving it back: what is written, in which order, and what a failure leaves. */
class HostTakeoverTest {
    private static final String ADDRESS = "0000:01:00.0";

    @TempDir
    Path root;
    private SysfsTree tree;
    private SysfsTree.Function function;
    private FakeHost host;
    private Thread acting;

    @BeforeEach
    void plug() {
        tree = new SysfsTree(root);
        tree.driver("vfio_pci", "vfio-pci");
        tree.driver("nvme", "nvme");
        tree.directory("proc/sys/kernel/random");
        boot("one");
        function = tree.function(ADDRESS).driver("nvme").group(3);
        host = new FakeHost(tree);
    }

    private void boot(String id) {
        SysfsTree.write(root.resolve("proc/sys/kernel/random/boot_id"), id + "\n");
    }

    /** As each run of the daemon makes it. */
    private LinuxFunction found() {
        KernelDrivers drivers = drivers();
        return new LinuxFunction(PciAddress.parse(ADDRESS), new SysfsDirectory(root.resolve("bus/pci/devices/" + ADDRESS)),
                drivers, null, host.side(drivers));
    }

    private KernelDrivers drivers() {
        return new KernelDrivers(root, root.resolve("modules"), Duration.ofDays(1));
    }

    private GuardedFunction guarded() {
        return new GuardedFunction(PciAddress.parse(ADDRESS), new SysfsDirectory(root.resolve("bus/pci/devices/" + ADDRESS)));
    }

    private HostBinding binding() {
        return found().hostBinding().orElseThrow();
    }

    private String state() {
        String driver = Files.exists(function.path().resolve("driver"))
                ? SysfsTree.target(function.path().resolve("driver")).getFileName().toString() : "-";
        return driver + " " + SysfsTree.read(function.path().resolve("driver_override")).trim();
    }

    private VfioException refused() {
        return assertThrows(VfioException.class, () -> binding().take(Request.BEST));
    }

    @Test
    void takenAndGivenBackInTheKernelsOrder() {
        List<String> steps = binding().take(Request.BEST);
        assertEquals(List.of("driver_override vfio-pci", "unbind " + ADDRESS, "drivers_probe " + ADDRESS), host.acts);
        assertEquals("vfio-pci vfio-pci", state());
        assertEquals(3, steps.size());
        assertEquals(Optional.of(new Former("nvme", null)), binding().former());
        host.acts.clear();
        binding().giveBack();
        assertEquals(List.of("unbind " + ADDRESS, "driver_override", "bind " + ADDRESS), host.acts);
        assertEquals("nvme (null)", state());
        assertFalse(binding().taken());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> binding().giveBack()).errno());
    }

    @Test
    void formerOverrideComesBackAndAFunctionWithoutADriverHasNoneAgain() throws IOException {
        function.file("driver_override", "pci-stub\n");
        Files.delete(function.path().resolve("driver"));
        binding().take(Request.BEST);
        assertEquals(List.of("driver_override vfio-pci", "drivers_probe " + ADDRESS), host.acts);
        assertEquals(Optional.of(new Former(null, "pci-stub")), binding().former());
        binding().giveBack();
        assertEquals("- pci-stub", state());
        assertEquals(Optional.empty(), binding().former());
    }

    @Test
    void driverThatOrdinaryProbingDoesNotChooseIsBoundByName() {
        host.ordinary = "other";
        tree.driver("other", "other");
        host.broken.put("other", Errno.EIO);
        binding().take(Request.BEST);
        binding().giveBack();
        assertEquals("nvme (null)", state());
    }

    @Test
    void bestDriverIsLoadedWhereItsModuleIsMissingAndItsNameReadBack() {
        Path modules = tree.directory("modules");
        SysfsTree.write(modules.resolve("modules.alias"),
                "alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* acme_vfio\nalias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n");
        host.modules.put("acme_vfio", "acme-nic-vfio");
        assertTrue(binding().plan(Request.BEST).contains("load module acme_vfio"));
        binding().take(Request.BEST);
        assertEquals("modprobe acme_vfio", host.acts.get(0));
        assertEquals("acme-nic-vfio acme-nic-vfio", state());
        binding().giveBack();
        binding().take(new Request("vfio-pci", Set.of(), null));
        assertEquals("vfio-pci vfio-pci", state());
    }

    @Test
    void moduleThatCannotBeLoadedChangesNothing() {
        SysfsTree.write(tree.directory("modules").resolve("modules.alias"), "alias vfio_pci:v00008086d*sv*sd*bc*sc*i* gone\n");
        assertEquals(Errno.ENOENT, refused().errno());
        assertEquals("nvme (null)", state());
        assertFalse(binding().taken());
    }

    @Test
    void unknownHostDriverIsRefusedWithThoseThatThereAre() {
        VfioException none = assertThrows(VfioException.class, () -> binding().take(new Request("mlx5", Set.of(), null)));
        assertEquals(Errno.ENODEV, none.errno());
        assertTrue(none.getMessage().contains("vfio-pci"), none.getMessage());
    }

    @Test
    void everyFailingStepRollsBackAndKeepsItsErrno() {
        host.broken.put("vfio-pci", Errno.EBUSY);
        VfioException probe = refused();
        assertEquals(Errno.EBUSY, probe.errno());
        assertTrue(probe.getMessage().contains("write to bind; host driver nvme has it again"), probe.getMessage());
        assertEquals("nvme (null)", state());
        host.broken.clear();
        for (String step : List.of("driver_override", "unbind", "drivers_probe")) {
            host.fails.put(step, new ArrayList<>(List.of(Errno.EPERM)));
            assertEquals(Errno.EPERM, refused().errno(), step);
            assertEquals("nvme (null)", state(), step);
            assertFalse(binding().taken() && Files.exists(root.resolve("taken/" + ADDRESS)), step);
        }
    }

    @Test
    void rollbackThatFailsTooIsSaidAndCanBeRepeated() {
        host.broken.put("vfio-pci", Errno.EBUSY);
        host.broken.put("nvme", Errno.EIO);
        VfioException both = refused();
        assertEquals(Errno.EBUSY, both.errno());
        assertTrue(both.getMessage().contains("giving it back failed too"), both.getMessage());
        assertTrue(binding().taken());
        host.broken.clear();
        binding().giveBack();
        assertEquals("nvme (null)", state());
    }

    @Test
    void anotherDriverThatSlipsInIsNotTakenForOurs() {
        tree.driver("thief", "thief");
        host.before = () -> {
            if (host.acts.get(host.acts.size() - 1).startsWith("drivers_probe")) {
                function.file("driver_override", "thief\n");
            }
        };
        VfioException slipped = refused();
        assertEquals(Errno.EBUSY, slipped.errno());
        assertTrue(slipped.getMessage().contains("driver thief has it after that"), slipped.getMessage());
        host.before = () -> { };
    }

    @Test
    void whatWasKilledInTheMiddleIsGivenBackByALaterRun() {
        host.before = () -> {
            if (host.acts.size() == 3) {
                throw new Error("killed");
            }
        };
        assertThrows(Error.class, () -> binding().take(Request.BEST));
        host.before = () -> { };
        assertEquals("- vfio-pci", state());
        assertTrue(binding().taken());
        binding().take(Request.BEST);
        assertEquals("vfio-pci vfio-pci", state());
        assertEquals("nvme", binding().former().orElseThrow().driver(), "of before the first run");
        binding().giveBack();
        assertEquals("nvme (null)", state(), "the driver from before the first run");
    }

    @Test
    void anotherBootOrFunctionForgetsWhatWasTaken() {
        binding().take(Request.BEST);
        boot("two");
        assertFalse(binding().taken());
        boot("one");
        assertTrue(binding().taken());
    }

    @Test
    void whatWasTakenEndsWithItsFunction() {
        binding().take(Request.BEST);
        function.remove();
        function = tree.function(ADDRESS).group(3);
        assertFalse(binding().taken(), "it is plugged anew");
        function.driver("vfio-pci").file("driver_override", "vfio-pci\n");
        assertFalse(binding().taken(), "an operator has given it by hand");
        assertEquals(List.of(), binding().take(Request.BEST));
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> binding().giveBack()).errno());
        assertEquals("vfio-pci vfio-pci", state());
    }

    @Test
    void whatADaemonOfBeforeHasTakenIsGivenBack() {
        binding().take(Request.BEST);
        Path record = root.resolve("taken/" + ADDRESS);
        SysfsTree.write(record, SysfsTree.read(record).replaceFirst("identity=.*", "key=" + function.key().toString()
                .replace(":", "\\\\:")));
        host.side(drivers()).settle();
        assertEquals(Optional.of(new Former("nvme", null)), binding().former());
        binding().giveBack();
        assertEquals("nvme (null)", state());
        assertFalse(Files.exists(record));
    }

    @Test
    void whatADaemonOfBeforeHasTakenOfAnotherFunctionIsForgotten() {
        binding().take(Request.BEST);
        Path record = root.resolve("taken/" + ADDRESS);
        SysfsTree.write(record, SysfsTree.read(record).replaceFirst("identity=.*",
                "key=pci\\\\:v00001AF4d00001041sv00001AF4sd00000001bc02sc00i00"));
        assertFalse(binding().taken());
        host.side(drivers()).settle();
        assertFalse(Files.exists(record));
    }

    @Test
    void whatSomebodyHasMadeAsItWasIsTakenNoMore() {
        binding().take(Request.BEST);
        function.driver("nvme").file("driver_override", "(null)\n");
        assertFalse(binding().taken());
        host.side(drivers()).rebound(guarded());
        function.driver("vfio-pci").file("driver_override", "vfio-pci\n");
        assertFalse(binding().taken(), "an operator has given it by hand since");
    }

    @Test
    void whatSomebodyHasMadeAsItWasWhileNobodyHeardIsForgottenAtTheStart() {
        binding().take(Request.BEST);
        host.side(drivers()).settle();
        assertTrue(Files.exists(root.resolve("taken/" + ADDRESS)), "it is ours still");
        function.driver("nvme").file("driver_override", "(null)\n");
        host.side(drivers()).settle();
        assertFalse(Files.exists(root.resolve("taken/" + ADDRESS)));
    }

    @Test
    void eventInTheMiddleOfAnActForgetsNothing() {
        HostSide side = host.side(drivers());
        host.before = () -> side.rebound(guarded()); // before the first write all is as it was
        new HostTakeover(guarded(), function.key(), side).take(Request.BEST);
        assertTrue(binding().taken());
    }

    @Test
    void interruptedCallerGetsTheWholeAct() {
        host.before = () -> {
            acting.interrupt();
            host.before = () -> { };
        };
        acting = Thread.currentThread();
        binding().take(Request.BEST);
        assertTrue(Thread.interrupted(), "the caller hears of it afterwards");
        assertEquals("vfio-pci vfio-pci", state());
        host.broken.put("nvme", Errno.EIO);
        acting.interrupt();
        assertThrows(VfioException.class, () -> binding().giveBack());
        host.broken.clear();
        binding().giveBack();
        assertTrue(Thread.interrupted());
        assertEquals("nvme (null)", state());
    }

    @Test
    void overrideThatWasThereBesideAnothersDriverComesBackAfterIt() {
        function.file("driver_override", "vfio-pci\n");
        binding().take(Request.BEST);
        assertEquals("vfio-pci vfio-pci", state());
        assertTrue(binding().taken());
        binding().giveBack();
        assertEquals("nvme vfio-pci", state());
        assertFalse(binding().taken());
        function.file("driver_override", "nosuchdriver\n");
        host.broken.put("vfio-pci", Errno.ENXIO);
        assertEquals(Errno.ENXIO, refused().errno());
        assertEquals("nvme nosuchdriver", state());
        function.file("driver_override", "nvme\n");
        host.ordinary = "other";
        host.broken.clear();
        binding().take(Request.BEST);
        binding().giveBack();
        assertEquals("nvme nvme", state());
    }

    @Test
    void givingBackThatWasCutAfterTheOverrideWasClearedIsFinishedLater() {
        function.file("driver_override", "pci-stub\n");
        binding().take(Request.BEST);
        host.fails.put("bind", new ArrayList<>(List.of(Errno.EIO)));
        assertEquals(Errno.EIO, assertThrows(VfioException.class, () -> binding().giveBack()).errno());
        assertEquals("- (null)", state());
        assertTrue(binding().taken());
        binding().giveBack();
        assertEquals("nvme pci-stub", state());
    }

    @Test
    void driverThatHasLetGoWhenItsProbeIsOverHasNothing() {
        host.forgetful.add("vfio-pci");
        VfioException gone = refused();
        assertEquals(Errno.ENODEV, gone.errno());
        assertTrue(gone.getMessage().contains("no driver has it after that; host driver nvme has it again"), gone.getMessage());
    }

    private void moduleWithThreeDrivers() {
        SysfsTree.write(tree.directory("modules").resolve("modules.alias"), "alias vfio_pci:v00008086d*sv*sd*bc*sc*i* acme\n");
        tree.tellsWhatVfioHas();
        host.modules.put("acme", "acme-pass acme-pf acme-vf");
        host.vfio.addAll(Set.of("acme-pass", "vfio-pci"));
        host.ordinary = "acme-vf";
    }

    @Test
    void driverOfAVfioModuleThatIsNoneOfVfiosIsNotTakenForOne() {
        moduleWithThreeDrivers();
        host.load("acme");
        host.vfio.clear();
        host.vfio.add("acme-vf");
        host.ordinary = "nvme";
        List<String> plan = binding().plan(Request.BEST);
        assertTrue(plan.stream().anyMatch(step -> step.startsWith("write acme-pass, or where that is none of VFIO's acme-pf or "
                + "acme-vf to ")), plan.toString());
        binding().take(Request.BEST);
        assertEquals("acme-vf acme-vf", state());
        assertEquals(1, host.acts.stream().filter(act -> act.equals("driver_override acme-pf")).count());
        binding().giveBack();
        assertEquals("nvme (null)", state());
    }

    @Test
    void functionOfAModulesHostDriverIsTakenByItsVfioDriver() {
        moduleWithThreeDrivers();
        host.load("acme");
        function.driver("acme-vf");
        binding().take(Request.BEST);
        assertEquals("acme-pass acme-pass", state());
        binding().giveBack();
        assertEquals("acme-vf (null)", state());
    }

    @Test
    void whereNoDriverOfAModuleIsVfiosAllIsRolledBack() {
        moduleWithThreeDrivers();
        host.vfio.clear();
        VfioException none = refused();
        assertEquals(Errno.ENODEV, none.errno());
        assertTrue(none.getMessage().contains("that driver is none of VFIO's"), none.getMessage());
        assertEquals("nvme (null)", state());
        assertFalse(binding().taken());
    }

    @Test
    void functionOfWhichNothingIsRememberedGoesToTheDriverThatItsHostChooses() {
        function.driver("vfio-pci").file("driver_override", "vfio-pci\n");
        assertEquals(3, binding().planToHost().size(), binding().planToHost().toString());
        assertEquals(List.of(), host.acts);
        assertEquals(List.of("unbound from vfio-pci of its host", "cleared driver_override, was vfio-pci",
                "host driver nvme has it"), binding().toHost());
        assertEquals("nvme (null)", state());
        assertEquals(List.of(), binding().toHost(), "it has it already");
        assertEquals(List.of(), binding().planToHost());
    }

    @Test
    void functionGoesToItsHostWhateverIsRememberedAndNoDriverIsAnAnswer() {
        function.file("driver_override", "pci-stub\n");
        binding().take(Request.BEST);
        host.broken.put("nvme", Errno.ENODEV);
        List<String> steps = binding().toHost();
        assertEquals("no driver of its host takes it", steps.get(steps.size() - 1));
        assertEquals("- (null)", state());
        assertFalse(binding().taken());
    }

    @Test
    void whatDriverctlKeepsOrSomebodyHasOpenDoesNotGoToItsHost() {
        function.driver("vfio-pci").file("driver_override", "vfio-pci\n");
        SysfsTree.write(tree.directory("driverctl").resolve("pci-" + ADDRESS), "vfio-pci\n");
        VfioException kept = assertThrows(VfioException.class, () -> binding().toHost());
        assertEquals(Errno.EBUSY, kept.errno());
        assertTrue(kept.getMessage().contains("driverctl unset-override"), kept.getMessage());
        SysfsTree.delete(root.resolve("driverctl/pci-" + ADDRESS));
        SysfsTree.write(tree.directory("dev/vfio").resolve("3"), "");
        SysfsTree.linkAbsolute(tree.directory("proc/55/fd").resolve("9"), root.resolve("dev/vfio/3"));
        VfioException held = assertThrows(VfioException.class, () -> binding().toHost());
        assertTrue(held.getMessage().contains("process 55"), held.getMessage());
        assertEquals(held.sentence(), assertThrows(VfioException.class, () -> binding().planToHost()).sentence());
        assertEquals(List.of(), host.acts);
    }

    @Test
    void kernelWithoutOverridesIsToldByTheDryRunToo() {
        function.without("driver_override");
        VfioException plan = assertThrows(VfioException.class, () -> binding().plan(Request.BEST));
        assertEquals(Errno.EOPNOTSUPP, plan.errno());
        assertTrue(plan.getMessage().contains("driver_override is missing"), plan.getMessage());
        assertEquals(Errno.EOPNOTSUPP, refused().errno());
        assertEquals(List.of(), host.acts);
    }

    @Test
    void whatSomebodyElseHasChangedSinceIsLeft() {
        binding().take(Request.BEST);
        function.file("driver_override", "pci-stub\n").driver("pci-stub");
        assertFalse(binding().taken());
        host.acts.clear();
        binding().giveBack();
        assertEquals(List.of(), host.acts);
        assertEquals("pci-stub pci-stub", state());
    }

    @Test
    void functionThatVfioHasIsNotTakenAgain() {
        function.driver("vfio-pci");
        assertEquals(List.of(), binding().take(Request.BEST));
        assertEquals(List.of(), host.acts);
        assertFalse(binding().taken());
    }

    @Test
    void guardsAreAskedAgainRightBeforeTheWrite() {
        SysfsTree.write(tree.directory("modules").resolve("modules.alias"), "alias vfio_pci:v00008086d*sv*sd*bc*sc*i* acme\n");
        host.modules.put("acme", "acme");
        host.before = () -> function.file("boot_vga", "1\n");
        assertTrue(refused().getMessage().contains("boot VGA"));
        assertEquals(List.of("modprobe acme"), host.acts);
        binding().take(new Request(null, Set.of("display"), null));
        assertEquals("acme acme", state());
    }

    @Test
    void dryRunSaysWhatWouldBeWrittenAndWhatHolds() {
        function.file("boot_vga", "1\n");
        List<String> plan = binding().plan(new Request(null, Set.of(), System.getProperty("user.name")));
        assertTrue(plan.get(0).startsWith("refused: " + ADDRESS + " is the boot VGA"), plan.toString());
        assertTrue(plan.stream().anyMatch(step -> step.contains("driver_override, now none")), plan.toString());
        assertTrue(plan.stream().anyMatch(step -> step.contains("driver/unbind, now of nvme")), plan.toString());
        assertTrue(plan.stream().anyMatch(step -> step.contains("KERNELS==\"" + ADDRESS + "\"")), plan.toString());
        assertTrue(binding().plan(new Request(null, Set.of("display"), null)).get(0).startsWith("forced: "));
        assertEquals(List.of(), host.acts);
    }

    @Test
    void ownerGetsTheNodesAndAnUnknownOneChangesNothing() {
        SysfsTree.write(tree.directory("dev/vfio").resolve("3"), "");
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class,
                () -> binding().take(new Request(null, Set.of(), "nobody such"))).errno());
        assertEquals("nvme (null)", state());
        String user = System.getProperty("user.name");
        List<String> steps = binding().take(new Request(null, Set.of(), user));
        assertTrue(steps.contains(root.resolve("dev/vfio/3") + " belongs to " + user), steps.toString());
    }

    @Test
    void giveBackNamesWhoHasTheNodeOpen() {
        binding().take(Request.BEST);
        SysfsTree.write(tree.directory("dev/vfio").resolve("3"), "");
        SysfsTree.write(tree.directory("proc/55").resolve("comm"), "qemu\n");
        SysfsTree.linkAbsolute(tree.directory("proc/55/fd").resolve("9"), root.resolve("dev/vfio/3"));
        host.acts.clear();
        VfioException held = assertThrows(VfioException.class, () -> binding().giveBack());
        assertEquals(Errno.EBUSY, held.errno());
        assertTrue(held.getMessage().contains("process 55 (qemu)"), held.getMessage());
        assertEquals(List.of(), host.acts);
        assertTrue(binding().taken());
    }

    @Test
    void whileTheKernelWaitsNothingIsTriedAndNothingIsRead() {
        host.before = () -> {
            if (host.acts.get(host.acts.size() - 1).startsWith("unbind")) {
                host.waiting = "the kernel has not come back yet";
                throw new VfioException(Errno.ETIMEDOUT, "unbind");
            }
        };
        VfioException waits = refused();
        assertEquals(Errno.ETIMEDOUT, waits.errno());
        assertTrue(waits.getMessage().contains("the kernel has not come back yet"), waits.getMessage());
        assertEquals("nvme vfio-pci", state(), "rolling back would wait for the same lock");
        assertEquals(Errno.EBUSY, refused().errno());
        assertTrue(binding().taken());
        assertEquals(List.of("driver_override is not read now: the kernel has not come back yet"), found().warnings());
        host.waiting = null;
        host.before = () -> { };
        binding().giveBack();
        assertEquals("nvme (null)", state());
    }
}
