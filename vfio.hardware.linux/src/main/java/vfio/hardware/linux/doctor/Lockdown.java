// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** The check of lockdown, by which the kernel keeps even root from changing it, as with secure boot. */
final class Lockdown implements Check {
    private static final String NAME = "lockdown";
    private static final Pattern CHOSEN = Pattern.compile(".*\\[([a-z]+)\\].*");

    private final SysfsDirectory sysfs;

    Lockdown(SysfsDirectory sysfs) {
        this.sysfs = sysfs;
    }

    @Override
    public List<Finding> findings(long memory) {
        String mode = sysfs.child("kernel/security").line("lockdown").map(CHOSEN::matcher).filter(Matcher::matches)
                .map(m -> m.group(1)).orElse("none");
        return List.of(mode.equals("none") ? Check.ok(NAME, "none") : Check.note(NAME, mode,
                "VFIO works by an IOMMU; no-IOMMU mode, unsigned modules and writes to sysfs' config do not"));
    }
}
