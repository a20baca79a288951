// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** The check of IOMMU groups: functions that can only be given away together, and functions in no group. */
final class GroupSplits implements Check {
    private static final String NAME = "groups";
    private static final int SHOWN = 8;

    private final SysfsDirectory sysfs;
    private final SysfsDirectory devices;

    GroupSplits(SysfsDirectory sysfs) {
        this.sysfs = sysfs;
        devices = sysfs.child("bus/pci/devices");
    }

    @Override
    public List<Finding> findings(long memory) {
        SysfsDirectory groups = sysfs.child("kernel/iommu_groups");
        List<String> numbers = groups.names().stream()
                .sorted(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder())).toList();
        if (numbers.isEmpty()) {
            return List.of();
        }
        List<String> shared = new ArrayList<>();
        for (String number : numbers) {
            List<String> members = groups.child(number).child("devices").names().stream().filter(this::counts).toList();
            if (members.size() > 1) {
                shared.add(number + " (" + some(members, " ") + ")");
            }
        }
        List<String> without = devices.names().stream().filter(this::counts)
                .filter(function -> !devices.child(function).has("iommu_group")).toList();
        return findings(shared, without);
    }

    private static List<Finding> findings(List<String> shared, List<String> without) {
        List<Finding> findings = new ArrayList<>();
        if (!without.isEmpty()) {
            findings.add(Check.warning(NAME, "in no IOMMU group: " + some(without, ", "),
                    "their DMA reaches all memory, so 'vfio bind' refuses them (guard iommu): switch the IOMMU on for them "
                    + "in the firmware and the kernel's command line"));
        }
        if (!shared.isEmpty()) {
            findings.add(Check.note(NAME, "shared by several functions: " + some(shared, ", "),
                    "these go to one user together: 'vfio bind --dry-run' says who blocks whom; a slot behind a port with"
                    + " ACS (lspci -vv: ACSCtl: SrcValid+) splits them"));
        }
        return findings.isEmpty() ? List.of(Check.ok(NAME, "each function that is no bridge can be given away alone"))
                : findings;
    }

    private boolean counts(String function) {
        return !GuardedFunction.isBridge(devices.child(function));
    }

    private static String some(List<String> all, String between) {
        String text = String.join(between, all.subList(0, Math.min(SHOWN, all.size())));
        return all.size() <= SHOWN ? text : text + between + "and " + (all.size() - SHOWN) + " more";
    }
}
