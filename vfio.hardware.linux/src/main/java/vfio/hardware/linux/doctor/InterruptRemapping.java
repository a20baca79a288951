// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/**
 * The check of interrupt remapping, by which a function's interrupt messages reach only vectors of its own. On x86 the kernel
 * names remapping interrupt controllers IR-...; elsewhere the interrupt controller itself does it. The names tell of
 * interrupts in use alone: a host may have functions behind an IOMMU that remaps, and others.
 */
final class InterruptRemapping implements Check {
    private static final String NAME = "interrupt remapping";
    /** The form of kernels since 6.2, with the function. */
    private static final Pattern PLAIN =
            Pattern.compile("\\sPCI-MSIX?-([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])\\s");
    private static final String ANSWER = "the kernel answers EPERM to who attaches ";

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
        List<String> interrupts = proc.lines("interrupts");
        String allowed = String.join(" and ", Stream.of("vfio_iommu_type1", "iommufd").filter(this::isAllowed).toList());
        if (interrupts.stream().anyMatch(line -> line.contains(" IR-"))) {
            return List.of(on(plain(interrupts), allowed));
        }
        return List.of(allowed.isEmpty() ? Check.problem(NAME, "off", ANSWER + "a function; switch it on in the firmware"
                + " (x2APIC, VT-d), in a guest with intel-iommu,intremap=on and kernel-irqchip=split")
                : Check.warning(NAME, "off, and allowed to be by " + allowed, "whoever has a function can raise any "
                + "interrupt of this host; switch it on in the firmware and take allow_unsafe_interrupts=1 away"));
    }

    private static Finding on(String plain, String allowed) {
        if (plain.isEmpty()) {
            return Check.ok(NAME, "on for the functions whose interrupts are in use");
        }
        return Check.warning(NAME, "on, but not for " + plain, allowed.isEmpty()
                ? ANSWER + "one of these; bind others, or allow it by allow_unsafe_interrupts=1 of modules vfio_iommu_type1"
                + " and iommufd"
                : "whoever has one of these can raise any interrupt of this host: allow_unsafe_interrupts=1 of " + allowed);
    }

    /** Returns the functions whose interrupts are in use and not remapped. */
    private static String plain(List<String> interrupts) {
        return String.join(", ", new TreeSet<>(interrupts.stream().flatMap(line -> PLAIN.matcher(line).results())
                .map(found -> found.group(1)).toList()));
    }

    private boolean isAllowed(String module) {
        return sysfs.child("module").child(module).child("parameters").line("allow_unsafe_interrupts").filter("Y"::equals)
                .isPresent();
    }
}
