// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.util.List;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/**
 * Whether a function's interrupt messages reach only vectors of its own. On x86 the kernel names its interrupt controllers
 * IR-... where they do; elsewhere the interrupt controller sees to it.
 */
final class InterruptRemapping implements Check {
    private static final String NAME = "interrupt remapping";

    private final SysfsDirectory sysfs;
    private final SysfsDirectory proc;
    private final boolean x86;

    InterruptRemapping(SysfsDirectory sysfs, SysfsDirectory proc, boolean x86) {
        this.sysfs = sysfs;
        this.proc = proc;
        this.x86 = x86;
    }

    @Override
    public List<Finding> findings(long memory) {
        if (!x86 || sysfs.child("kernel/iommu_groups").names().isEmpty()) {
            return List.of();
        }
        if (proc.lines("interrupts").stream().anyMatch(line -> line.contains(" IR-"))) {
            return List.of(Check.ok(NAME, "on"));
        }
        boolean allowed = sysfs.child("module/vfio_iommu_type1/parameters").line("allow_unsafe_interrupts")
                .filter("Y"::equals).isPresent();
        return List.of(allowed ? Check.warning(NAME, "off, and allowed to be", "whoever has a function can raise any interrupt of"
                + " this host; switch it on in the firmware and take allow_unsafe_interrupts=1 away")
                : Check.problem(NAME, "off", "the kernel answers EPERM to who attaches a function; switch it on in the firmware"
                + " (x2APIC, VT-d), in a guest with intel-iommu,intremap=on and kernel-irqchip=split"));
    }
}
