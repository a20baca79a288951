// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.bus.FakeHost;
import vfio.hardware.linux.bus.SysfsTree;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.id.PciAddress;

/** What each guard sees in the files of a host, and what it leaves alone. */
class HostGuardsTest {
    private static final String ADDRESS = "0000:01:00.0";
    private static final long SELF = 1;

    @TempDir
    Path root;
    private final Set<Path> claimed = new HashSet<>();
    private SysfsTree tree;
    private SysfsTree.Function function;

    @BeforeEach
    void plug() {
        tree = new SysfsTree(root);
        function = tree.function(ADDRESS).group(7);
        tree.directory("proc/self");
        tree.directory("dev/vfio/devices");
    }

    private HostGuards guards() {
        HostFiles files = FakeHost.files(root);
        return new HostGuards(files, new OpenFiles(files.proc(), SELF),
                function -> function.driver().filter("vfio-pci"::equals).isPresent(), claimed::contains,
                name -> name.equals("numbered") ? List.of("192.0.2.1") : List.of());
    }

    private static GuardedFunction guarded(Path root, String address) {
        return new GuardedFunction(PciAddress.parse(address),
                new SysfsDirectory(root.resolve("bus/pci/devices").resolve(address)));
    }

    /** What is said, each line a guard's name and its words. */
    private List<String> said() {
        return guards().objections(guarded(root, ADDRESS), "vfio-pci").stream()
                .map(each -> each.guard() + ": " + each.text()).toList();
    }

    private void assertSaid(String guard, String words) {
        List<String> said = said();
        assertTrue(said.stream().anyMatch(text -> text.startsWith(guard + ": ") && text.contains(words)), said.toString());
    }

    /** A block device below a folder of the tree. */
    private Path block(String below, String name, String number) {
        Path device = tree.directory(below + "/" + name);
        SysfsTree.write(device.resolve("dev"), number + "\n");
        tree.directory("class/block");
        SysfsTree.link(root.resolve("class/block").resolve(name), device);
        SysfsTree.write(tree.directory("dev").resolve(name), "");
        return device;
    }

    private String own() {
        return root.relativize(function.path()).toString();
    }

    private Path disk() {
        return block(own() + "/block", "sda", "8:0");
    }

    private void mounted(String number, String source) {
        SysfsTree.write(root.resolve("proc/self/mountinfo"), "21 1 0:5 / / rw - tmpfs none rw\n36 21 " + number
                + " / /data rw,noatime shared:1 - ext4 " + source + " rw\nodd line\n");
    }

    private Path process(int pid, String program, String fd, Path target) {
        Path process = tree.directory("proc/" + pid);
        SysfsTree.write(process.resolve("comm"), program + "\n");
        tree.directory("proc/" + pid + "/fd");
        try {
            return Files.createSymbolicLink(process.resolve("fd").resolve(fd), target);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void functionThatNobodyUsesIsFree() {
        disk();
        mounted("8:16", "/dev/sdb");
        assertEquals(List.of(), said());
        guards().check("bind", guarded(root, ADDRESS), "vfio-pci", Set.of());
    }

    @Test
    void mountedDiskHolds() {
        disk();
        mounted("8:0", "/dev/root");
        assertSaid("block-device", "disk sda is mounted at /data");
    }

    @Test
    void mountWithANumberOfItsOwnIsFoundByItsSource() {
        disk();
        mounted("0:44", root.resolve("dev/sda").toString());
        assertSaid("block-device", "disk sda is mounted at /data");
    }

    @Test
    void aMountAtAnOddPlaceHolds() {
        disk();
        SysfsTree.write(root.resolve("proc/self/mountinfo"), "36 21 8:0 / /da\rta\\040b rw,noatime shared:1 - ext4 x rw\n");
        assertSaid("block-device", "disk sda is mounted at /da\ufffdta\\040b");
    }

    @Test
    void partitionsHoldersLoopsAndMultipathAreFollowed() {
        Path disk = disk();
        Path partition = block(own() + "/block/sda", "sda1", "8:1");
        SysfsTree.write(partition.resolve("partition"), "1\n");
        block("devices/virtual/block", "dm-0", "253:0");
        tree.directory(root.relativize(disk) + "/sda1/holders/dm-0");
        Path loop = block("devices/virtual/block", "loop0", "7:0");
        tree.directory(root.relativize(loop) + "/loop");
        SysfsTree.write(loop.resolve("loop/backing_file"), root.resolve("dev/dm-0") + "\n");
        mounted("7:0", "none");
        assertSaid("block-device", "disk loop0 is mounted");

        tree.directory(own() + "/nvme/nvme3");
        Path subsystem = tree.directory("class/nvme-subsystem/nvme-subsys0");
        tree.directory("class/nvme-subsystem/nvme-subsys0/nvme3");
        block("class/nvme-subsystem/nvme-subsys0", "nvme0n1", "259:0");
        assertTrue(Files.exists(subsystem));
        mounted("259:0", "none");
        assertSaid("block-device", "disk nvme0n1 is mounted");
    }

    @Test
    void swapHolds() {
        disk();
        SysfsTree.write(root.resolve("proc/swaps"), "Filename Type Size Used Priority\n" + root.resolve("dev/sda")
                + "   partition 1 0 -2\n");
        assertSaid("block-device", "disk sda is swapped to");
    }

    @Test
    void openAndClaimedDisksHold() {
        disk();
        claimed.add(root.resolve("dev/sda"));
        assertSaid("block-device", "disk sda is in use");
        process(42, "mkfs", "3", root.resolve("dev/sda"));
        assertSaid("block-device", "process 42 (mkfs) has " + root.resolve("dev/sda") + " open");
    }

    private Path virtio(String driver) {
        Path device = tree.directory(own() + "/virtio1");
        SysfsTree.link(device.resolve("driver"), tree.directory("bus/virtio/drivers/" + driver));
        return device;
    }

    private void shared(String type, String source) {
        SysfsTree.write(root.resolve("proc/self/mountinfo"),
                "21 1 0:5 / / rw - tmpfs none rw\n36 21 0:33 / /shared rw - " + type
                + " " + source + " rw\n");
    }

    @Test
    void mounted9pShareHolds() {
        SysfsTree.write(virtio("9pnet_virtio").resolve("mount_tag"), "home\0");
        shared("9p", "work");
        assertEquals(List.of(), said(), "another function's");
        shared("9p", "home");
        assertSaid("shared-folder", "shared folder home (9p) is mounted at /shared; unmount it");
        shared("9p", "/dev/root");
        assertSaid("shared-folder", "mounted at /shared");
    }

    @Test
    void mountedVirtiofsHoldsAndWithoutATagAnyMayBeItsOwn() {
        Path device = virtio("virtiofs");
        shared("virtiofs", "home");
        assertSaid("shared-folder", "shared folder home (virtiofs) is mounted at /shared");
        Path share = tree.directory("fs/virtiofs/0");
        SysfsTree.link(share.resolve("device"), device);
        SysfsTree.write(share.resolve("tag"), "work\n");
        assertEquals(List.of(), said());
        shared("virtiofs", "work");
        assertSaid("shared-folder", "shared folder work (virtiofs)");
        shared("9p", "work");
        assertEquals(List.of(), said());
    }

    private Path net(String name, String flags) {
        Path net = tree.directory(own() + "/net/" + name);
        SysfsTree.write(net.resolve("flags"), flags + "\n");
        tree.directory("class/net");
        SysfsTree.link(root.resolve("class/net").resolve(name), net);
        return net;
    }

    @Test
    void interfaceInUseHoldsAndAnIdleOneDoesNot() {
        net("idle", "0x1002");
        assertEquals(List.of(), said());
        net("upper", "0x1003");
        assertSaid("network", "interface upper is up");
        net("numbered", "0x1002");
        assertSaid("network", "interface numbered has address 192.0.2.1");
        tree.directory("proc/net");
        net("routed", "0x1002");
        SysfsTree.write(root.resolve("proc/net/route"), "Iface\tDestination\nrouted\t00000000\n");
        assertSaid("network", "interface routed has routes");
        SysfsTree.link(net("slave", "0x1002").resolve("master"), tree.directory("devices/virtual/net/bond0"));
        assertSaid("network", "interface slave belongs to bond0");
    }

    @Test
    void displayAndConsoleHold() {
        function.file("boot_vga", "1\n");
        assertSaid("display", "boot VGA");
        function.file("boot_vga", "0\n");
        assertEquals(List.of(), said());
        SysfsTree.link(tree.directory("class/graphics").resolve("fb0"), tree.directory(own() + "/graphics/fb0"));
        assertSaid("display", "frame buffer fb0");
        Path terminal = tree.directory(own() + "/tty/ttyS4");
        SysfsTree.write(terminal.resolve("console"), "Y\n");
        SysfsTree.link(tree.directory("class/tty").resolve("ttyS4"), terminal);
        assertSaid("display", "terminal ttyS4");
    }

    @Test
    void activeVirtualFunctionsAndBridgesAreNeverForced() {
        function.virtualFunctions(tree.function("0000:01:10.0"));
        assertSaid("virtual-functions", "active VFs");
        HostGuards guards = guards();
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class,
                () -> guards.check("bind", guarded(root, ADDRESS), null, Set.of("virtual-functions"))).errno());
        tree.function("0000:00:1c.0").classCode(0x060400);
        tree.function("0000:00:1d.0").config(256, 1);
        tree.function("0000:00:1e.0").classCode(0x068000);
        tree.function("0000:00:1f.0").bytes("config", SysfsTree.ones(256));
        for (String bridge : List.of("0000:00:1c.0", "0000:00:1d.0")) {
            VfioException never = assertThrows(VfioException.class,
                    () -> guards.check("bind", guarded(root, bridge), null, Set.copyOf(guards.names())));
            assertEquals(Errno.EINVAL, never.errno());
            assertTrue(never.getMessage().contains("never forced"), never.getMessage());
        }
        guards.check("bind", guarded(root, "0000:00:1e.0"), null, Set.of("iommu"));
        guards.check("bind", guarded(root, "0000:00:1f.0"), null, Set.of("iommu")); // silent: its class decides
    }

    @Test
    void processThatHoldsANodeIsNamed() {
        tree.directory(own() + "/vfio-dev/vfio2");
        process(77, "qemu", "5", root.resolve("dev/vfio/devices/vfio2"));
        assertSaid("open-node", "process 77 (qemu) has " + root.resolve("dev/vfio/devices/vfio2") + " open");
        process(78, "dpdk", "9", root.resolve("dev/vfio/7"));
        process((int) SELF, "java", "9", root.resolve("dev/vfio/7"));
        assertSaid("open-node", "process 78 (dpdk)");
        assertEquals(2, said().size(), "what this program holds is its own to close");
    }

    @Test
    void deviceThatTheKernelNamesInFdinfoIsFound() {
        process(80, "spdk", "4", Path.of("anon_inode:[vfio-device]"));
        tree.directory("proc/80/fdinfo");
        Path info = root.resolve("proc/80/fdinfo/4");
        SysfsTree.write(info, "pos: 0\nvfio-device-syspath: /sys/devices/pci0000:00/0000:02:00.0\n");
        assertEquals(List.of(), said());
        SysfsTree.write(info, "pos: 0\nvfio-device-syspath: /sys/devices/pci0000:00/" + ADDRESS + "\n");
        assertSaid("open-node", "process 80 (spdk)");
    }

    @Test
    void neighbourWithADriverOfItsOwnIsExplained() {
        Path members = tree.directory("kernel/iommu_groups/7/devices");
        SysfsTree.link(members.resolve(ADDRESS), function.path());
        for (String[] each : new String[][] {{"0000:01:00.1", "nvme"}, {"0000:01:00.2", "vfio-pci"},
            {"0000:01:00.3", "pcieport"}, {"0000:01:00.4", null}}) {
            SysfsTree.Function neighbour = tree.function(each[0]).group(7);
            if (each[1] != null) {
                neighbour.driver(each[1]);
            }
            SysfsTree.link(members.resolve(each[0]), neighbour.path());
        }
        assertEquals(1, said().size(), said().toString());
        assertSaid("neighbours", "neighbour 0000:01:00.1 of group 7 is bound to nvme");
        block(root.relativize(root.resolve("bus/pci/devices/0000:01:00.1")) + "/block", "sdc", "8:32");
        mounted("8:32", "none");
        assertSaid("neighbours", "disk sdc is mounted at /data");
        guards().check("bind", guarded(root, ADDRESS), "vfio-pci", Set.of("neighbours"));
    }

    @Test
    void functionWithoutIommuIsTakenOnlyByForce() {
        String bare = "0000:02:00.0";
        tree.function(bare);
        GuardedFunction guarded = guarded(root, bare);
        VfioException refused = assertThrows(VfioException.class,
                () -> guards().check("bind", guarded, "vfio-pci", Set.of("neighbours")));
        assertEquals(Errno.EPERM, refused.errno());
        assertTrue(refused.getMessage().contains("in no IOMMU group") && refused.getMessage().contains("(guard iommu)"));
        guards().check("bind", guarded, "vfio-pci", Set.of("iommu"));
        guards().checkUnused("disable VFs", guarded);
    }

    @Test
    void driverctlThatKeepsAnotherDriverHolds() {
        SysfsTree.write(tree.directory("driverctl").resolve("pci-" + ADDRESS), "vfio-pci\n");
        assertEquals(List.of(), said());
        SysfsTree.write(root.resolve("driverctl/pci-" + ADDRESS), "uio_pci_generic\n");
        assertSaid("driverctl", "driverctl keeps uio_pci_generic");
    }

    @Test
    void onlyTheForcedGuardIsOverruled() {
        disk();
        mounted("8:0", "none");
        function.file("boot_vga", "1\n");
        VfioException left = assertThrows(VfioException.class,
                () -> guards().check("bind", guarded(root, ADDRESS), null, Set.of("display")));
        assertEquals(Errno.EBUSY, left.errno());
        assertTrue(left.getMessage().contains("block-device") && !left.getMessage().contains("VGA"), left.getMessage());
        guards().check("bind", guarded(root, ADDRESS), null, Set.of("display", "block-device"));
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class,
                () -> guards().check("bind", guarded(root, ADDRESS), null, Set.of("everything"))).errno());
    }
}
