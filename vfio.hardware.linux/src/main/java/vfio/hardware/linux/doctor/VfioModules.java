// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/**
 * The check of the kernel's VFIO: its modules, the ways in which it opens devices, and options that change what users may do.
 */
final class VfioModules implements Check {
    private static final String NAME = "kernel vfio";
    private static final String YES = "Y";
    private static final String UNSAFE = "users can raise any interrupt where there is no interrupt remapping and functions ";
    /** Options that are off by default, and their meaning when they are on. */
    private static final Map<String, String> OPTIONS = Map.of(
            "vfio/enable_unsafe_noiommu_mode", "functions without an IOMMU can be opened, and write to all memory",
            "vfio_iommu_type1/allow_unsafe_interrupts", UNSAFE + "are opened by their groups",
            "iommufd/allow_unsafe_interrupts", UNSAFE + "are opened by themselves",
            "vfio_pci/nointxmask", "INTx works only for functions that share its line with nobody",
            "vfio_pci/disable_vga", "users get no VGA region",
            "vfio_pci/disable_idle_d3", "functions that nobody uses stay in D0",
            "vfio_pci/enable_sriov", "PFs of vfio-pci can have VFs",
            "vfio_pci/disable_denylist", "functions that are known to harm the host are not refused");

    private final SysfsDirectory sysfs;
    private final Path nodes;
    private final Path iommufd;

    VfioModules(SysfsDirectory sysfs, Path nodes, Path iommufd) {
        this.sysfs = sysfs;
        this.nodes = nodes;
        this.iommufd = iommufd;
    }

    @Override
    public List<Finding> findings(long memory) {
        List<Finding> findings = new ArrayList<>();
        boolean groups = Files.exists(nodes.resolve("vfio"));
        boolean cdevs = Files.exists(iommufd) && sysfs.child("class").has("vfio-dev");
        boolean driver = sysfs.child("bus/pci/drivers").has("vfio-pci");
        if (!groups && !cdevs) {
            findings.add(Check.problem(NAME, nodes + "/vfio is missing",
                    "modprobe vfio-pci, or use a kernel with CONFIG_VFIO_PCI"));
        } else if (!driver) {
            findings.add(Check.warning(NAME, "its PCI driver is not loaded",
                    "modprobe vfio-pci; 'vfio bind' does it where it may"));
        } else {
            findings.add(Check.ok(NAME, "by " + (cdevs ? groups ? "iommufd and groups" : "iommufd" : "groups")));
        }
        OPTIONS.keySet().stream().sorted().filter(this::on).forEach(option -> findings.add(Check.note("module option",
                option.replace('/', '.') + "=1: " + OPTIONS.get(option), null)));
        return findings;
    }

    private boolean on(String option) {
        String[] names = option.split("/");
        return sysfs.child("module").child(names[0]).child("parameters").line(names[1]).filter(YES::equals).isPresent();
    }
}
