// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.bus.SysfsTree;
import vfio.pci.core.bus.HostBinding.Former;
import vfio.pci.core.bus.HostBinding.Request;

/** A function goes back to the driver and override that it had, or to its host's choice. */
class WayBackTest extends TakeoverFixture {
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
}
