// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** The check of the IOMMU, and of the domains in which the kernel has its own functions. */
final class IommuCheck implements Check {
    private static final String NAME = "iommu";

    private final SysfsDirectory sysfs;

    IommuCheck(SysfsDirectory sysfs) {
        this.sysfs = sysfs;
    }

    @Override
    public List<Finding> findings(long memory) {
        SysfsDirectory groups = sysfs.child("kernel/iommu_groups");
        List<String> numbers = groups.names();
        if (numbers.isEmpty()) {
            return List.of(unsafe()
                    ? Check.warning(NAME, "none, and no-IOMMU mode is on", "functions that are opened so can write to all "
                    + "memory; switch the IOMMU on where the machine has one")
                    : Check.problem(NAME, "none is in use", "switch VT-d, AMD-Vi or the SMMU on in the firmware, and boot "
                    + "with intel_iommu=on where the processor is Intel's; a guest needs a virtual one (QEMU: -device "
                    + "intel-iommu)"));
        }
        Map<String, Integer> types = new TreeMap<>();
        numbers.forEach(number -> types.merge(groups.child(number).line("type").orElse("unknown"), 1, Integer::sum));
        String text = types.entrySet().stream().map(type -> type.getKey() + " " + type.getValue())
                .collect(Collectors.joining(", "));
        return List.of(Check.ok(NAME, numbers.size() + " groups; the kernel's own domains: " + text));
    }

    private boolean unsafe() {
        return sysfs.child("module/vfio/parameters").line("enable_unsafe_noiommu_mode").filter("Y"::equals).isPresent();
    }
}
