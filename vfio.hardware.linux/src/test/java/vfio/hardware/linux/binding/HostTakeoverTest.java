// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.bus.SysfsTree;
import vfio.pci.core.bus.HostBinding.Former;
import vfio.pci.core.bus.HostBinding.Request;

/** Taking a function from its host: what is written, in which order, and what a failure leaves. */
class HostTakeoverTest extends TakeoverFixture {
    private Thread acting;

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
    void driverThatHasLetGoWhenItsProbeIsOverHasNothing() {
        host.forgetful.add("vfio-pci");
        VfioException gone = refused();
        assertEquals(Errno.ENODEV, gone.errno());
        assertTrue(gone.getMessage().contains("no driver has it after that; host driver nvme has it again"),
                gone.getMessage());
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
    void functionThatVfioHasIsNotTakenAgain() {
        function.driver("vfio-pci");
        assertEquals(List.of(), binding().take(Request.BEST));
        assertEquals(List.of(), host.acts);
        assertFalse(binding().taken());
    }

    @Test
    void guardsAreAskedAgainRightBeforeTheWrite() {
        SysfsTree.write(tree.directory("modules").resolve("modules.alias"),
                "alias vfio_pci:v00008086d*sv*sd*bc*sc*i* acme\n");
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
