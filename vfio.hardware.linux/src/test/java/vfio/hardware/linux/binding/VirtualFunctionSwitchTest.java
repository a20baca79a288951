// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

/** VFs by sriov_numvfs: what is refused before the kernel is asked, and what is written. */
class VirtualFunctionSwitchTest {
    private static final String PF = "0000:01:00.0";
    private static final String VF = "0000:01:10.0";

    @TempDir
    Path root;
    private SysfsTree tree;
    private SysfsTree.Function physical;
    private FakeHost host;

    @BeforeEach
    void plug() {
        tree = new SysfsTree(root);
        physical = tree.function(PF).driver("igb").file("sriov_totalvfs", "7\n");
        host = new FakeHost(tree);
    }

    private PciFunction function() {
        KernelDrivers drivers = new KernelDrivers(root, root.resolve("modules"), Duration.ZERO);
        return new LinuxFunction(PciAddress.parse(PF), new SysfsDirectory(root.resolve("bus/pci/devices/" + PF)), drivers,
                null,
                host.side(drivers));
    }

    private VfioException refused(int count) {
        VfioException refused = assertThrows(VfioException.class, () -> function().enableVirtualFunctions(count));
        assertEquals(List.of(), host.acts);
        return refused;
    }

    @Test
    void numberIsWrittenFromOutside() {
        function().enableVirtualFunctions(7);
        assertEquals(List.of("sriov_numvfs 7"), host.acts);
    }

    @Test
    void numberThatIsThereAlreadyIsNotWritten() {
        function().enableVirtualFunctions(0);
        assertEquals(List.of(), host.acts);
    }

    @Test
    void moreThanTotalAndLessThanNoneAreOutOfRange() {
        assertEquals(Errno.ERANGE, refused(8).errno());
        assertEquals(Errno.ERANGE, refused(-1).errno());
    }

    @Test
    void functionWithoutSriovHasNone() {
        physical.without("sriov_totalvfs");
        assertEquals(Errno.ENOTTY, refused(1).errno());
    }

    @Test
    void othersMustGoFirst() {
        physical.virtualFunctions(tree.function(VF).group(9));
        assertEquals(Errno.EBUSY, refused(2).errno());
        function().enableVirtualFunctions(0);
        assertEquals(List.of("sriov_numvfs 0"), host.acts);
    }

    @Test
    void virtualFunctionInUseIsNotTakenAway() {
        SysfsTree.Function virtual = tree.function(VF).group(9).file("boot_vga", "1\n");
        physical.virtualFunctions(virtual);
        assertTrue(refused(0).getMessage().contains("boot VGA"));
        virtual.without("boot_vga");
        SysfsTree.write(tree.directory("dev/vfio").resolve("9"), "");
        SysfsTree.linkAbsolute(tree.directory("proc/1/fd").resolve("5"), root.resolve("dev/vfio/9"));
        assertTrue(refused(0).getMessage().contains("this program has"), "the kernel would wait for us");
    }

    @Test
    void guardsSeeWhatIsInUseThoughTheCallerIsInterrupted() {
        PciFunction found = function();
        List<PciAddress> virtual = List.of(PciAddress.parse(VF));
        physical.virtualFunctions(tree.function(VF).group(9).file("boot_vga", "1\n"));
        KernelDrivers drivers = new KernelDrivers(root, root.resolve("modules"), Duration.ZERO);
        VirtualFunctionSwitch act = new VirtualFunctionSwitch(new GuardedFunction(found.address(),
                new SysfsDirectory(root.resolve("bus/pci/devices/" + PF))), host.side(drivers));
        Thread.currentThread().interrupt();
        assertEquals(Errno.EBUSY, assertThrows(VfioException.class, () -> act.set(0, virtual)).errno());
        assertTrue(Thread.interrupted());
        assertEquals(List.of(), host.acts);
    }

    @Test
    void errnoOfTheKernelComesBack() {
        host.fails.put("sriov_numvfs", new ArrayList<>(List.of(Errno.ENOENT)));
        assertEquals(Errno.ENOENT, assertThrows(VfioException.class, () -> function().enableVirtualFunctions(1)).errno());
    }
}
