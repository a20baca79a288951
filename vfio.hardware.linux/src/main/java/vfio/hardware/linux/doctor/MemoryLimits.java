// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** The check of the limits for mapped memory, which the kernel locks: its size and the number of mappings. */
final class MemoryLimits implements Check {
    private static final String NAME = "locked memory";
    private static final Pattern LIMIT = Pattern.compile("Max locked memory +(unlimited|[0-9]{1,18}) .*");
    /** In bytes: a limit below this, as the kernel sets by itself, is a fraction of a small guest. */
    private static final long SMALL = 64L << 20;
    private static final int USUAL_ENTRIES = 65535;

    private final SysfsDirectory sysfs;
    private final SysfsDirectory proc;
    private final Capabilities capabilities;

    MemoryLimits(SysfsDirectory sysfs, SysfsDirectory proc, Capabilities capabilities) {
        this.sysfs = sysfs;
        this.proc = proc;
        this.capabilities = capabilities;
    }

    @Override
    public List<Finding> findings(long memory) {
        List<Finding> findings = new ArrayList<>();
        findings.add(lock(memory));
        sysfs.child("module/vfio_iommu_type1/parameters").optionalNumber("dma_entry_limit", warning -> { }).ifPresent(limit ->
                findings.add(limit < USUAL_ENTRIES ? Check.warning("dma_entry_limit", limit + " mappings in a container",
                        "a user that maps more gets ENOSPC; the kernel's default is " + USUAL_ENTRIES)
                        : Check.ok("dma_entry_limit", limit + " mappings in a container")));
        return findings;
    }

    private Finding lock(long memory) {
        String limit = proc.lines("self/limits").stream().map(LIMIT::matcher).filter(Matcher::matches).map(m -> m.group(1))
                .findFirst().orElse(null);
        if (limit == null) {
            return Check.warning(NAME, "the limit cannot be read", "look at /proc/self/limits");
        }
        if (limit.equals("unlimited") || capabilities.has(Capabilities.IPC_LOCK)) {
            return Check.ok(NAME, limit.equals("unlimited") ? "without limit" : "CAP_IPC_LOCK lifts the limit of " + limit
                    + " bytes");
        }
        long bytes = Long.parseLong(limit);
        String found = bytes + " bytes" + (memory > 0 ? ", and " + memory + " are needed" : "");
        String advice = "a map above it answers ENOMEM: raise it to the memory of the guest and some (LimitMEMLOCK=infinity "
                + "in a systemd unit, ulimit -l in a shell, memlock in limits.conf)";
        if (memory > bytes) {
            return Check.problem(NAME, found, advice);
        }
        return memory == 0 && bytes < SMALL ? Check.warning(NAME, found, advice) : Check.ok(NAME, found);
    }
}
