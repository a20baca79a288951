// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.VfioException;
import vfio.hardware.linux.bus.FakeHost;
import vfio.hardware.linux.bus.KernelDrivers;
import vfio.hardware.linux.bus.LinuxFunction;
import vfio.hardware.linux.bus.SysfsTree;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.bus.HostBinding;
import vfio.pci.core.bus.HostBinding.Request;
import vfio.pci.core.id.PciAddress;

/** A function of a host in files, nvme's at first, which tests take for VFIO and give back. */
abstract class TakeoverFixture {
    static final String ADDRESS = "0000:01:00.0";

    @TempDir
    Path root;
    SysfsTree tree;
    SysfsTree.Function function;
    FakeHost host;

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

    void boot(String id) {
        SysfsTree.write(root.resolve("proc/sys/kernel/random/boot_id"), id + "\n");
    }

    /** As each run of the daemon makes it. */
    LinuxFunction found() {
        KernelDrivers drivers = drivers();
        return new LinuxFunction(PciAddress.parse(ADDRESS), new SysfsDirectory(root.resolve("bus/pci/devices/" + ADDRESS)),
                drivers, null, host.side(drivers));
    }

    KernelDrivers drivers() {
        return new KernelDrivers(root, root.resolve("modules"), Duration.ofDays(1));
    }

    HostBinding binding() {
        return found().hostBinding().orElseThrow();
    }

    String state() {
        String driver = Files.exists(function.path().resolve("driver"))
                ? SysfsTree.target(function.path().resolve("driver")).getFileName().toString() : "-";
        return driver + " " + SysfsTree.read(function.path().resolve("driver_override")).trim();
    }

    VfioException refused() {
        return assertThrows(VfioException.class, () -> binding().take(Request.BEST));
    }
}
