// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.bus.SysfsTree;
import vfio.pci.core.bus.HostBinding.Request;

/** Which of the host's VFIO drivers takes a function, and which module it is loaded from. */
class DriverChoiceTest extends TakeoverFixture {
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
        SysfsTree.write(tree.directory("modules").resolve("modules.alias"),
                "alias vfio_pci:v00008086d*sv*sd*bc*sc*i* gone\n");
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

    private void moduleWithThreeDrivers() {
        SysfsTree.write(tree.directory("modules").resolve("modules.alias"),
                "alias vfio_pci:v00008086d*sv*sd*bc*sc*i* acme\n");
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
        assertTrue(plan.stream()
                .anyMatch(step -> step.startsWith("write acme-pass, or where that is none of VFIO's acme-pf or "
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
}
