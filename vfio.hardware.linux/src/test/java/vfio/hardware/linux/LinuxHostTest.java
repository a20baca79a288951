// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.hardware.linux.bus.SysfsTree;
import vfio.hardware.linux.device.HostDevices;
import vfio.os.Kernel;

/** What a program hears that opens a function which it cannot have; the guest of realworld opens those that it can. */
class LinuxHostTest {
    private static final String NAME = "0000:00:10.0";

    @TempDir
    Path root;

    private VfioException refused(String address) {
        Path nodes = root.resolve("vfio");
        HostDevices vfio = new HostDevices(Kernel::host, nodes.toString(), HostDevices.Access.AUTO, Set.of());
        LinuxHost host = new LinuxHost(root, root, vfio, (name, size) -> SharedMemory.ofProcess(size));
        return assertThrows(VfioException.class, () -> host.openFunction(address));
    }

    private void refused(Errno errno, String sentence) {
        VfioException refused = refused(NAME);
        assertEquals(errno, refused.errno());
        assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "edu", "../../etc/passwd", "0000:00:10.8", "0000:00:10.0 vf_token=x", "0000:00:10.0\n"})
    void textThatIsNoAddressIsRefused(String text) {
        assertEquals(Errno.EINVAL, refused(text).errno());
    }

    @Test
    void functionThatIsNotThereIsNamed() {
        new SysfsTree(root);
        refused(Errno.ENODEV, "open 0000:00:10.0: this host has no such function");
    }

    @Test
    void functionWithoutADriverSaysHowToGiveIt() {
        new SysfsTree(root).function(NAME).group(3);
        refused(Errno.ENODEV,
                "no driver of the kernel has it; give it to VFIO, as by driverctl set-override 0000:00:10.0 vfio-pci");
    }

    @Test
    void functionThatTheKernelUsesSaysWhoHasIt() {
        SysfsTree tree = new SysfsTree(root);
        tree.driver("vfio_pci", "vfio-pci");
        tree.driver("nvme", "nvme");
        tree.function(NAME).group(3).driver("nvme");
        refused(Errno.EBUSY, "the kernel's driver nvme has it");
    }

    @Test
    void functionThatIsGivenIsOpenedByItsGroup() {
        SysfsTree tree = new SysfsTree(root);
        tree.driver("vfio_pci", "vfio-pci");
        tree.function(NAME).group(3).driver("vfio-pci");
        refused(Errno.ENOENT, "vfio/3");
    }
}
