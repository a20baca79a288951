// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** Which functions the IOMMU cannot tell apart, so that only all of them together can be given away. */
final class GroupSplits implements Check {
    private static final String NAME = "groups";
    private static final int SHOWN = 8;
    private static final String BRIDGE = "0x06"; // base class

    private final SysfsDirectory sysfs;

    GroupSplits(SysfsDirectory sysfs) {
        this.sysfs = sysfs;
    }

    @Override
    public List<Finding> findings(long memory) {
        SysfsDirectory groups = sysfs.child("kernel/iommu_groups");
        List<String> shared = new ArrayList<>();
        List<String> numbers = groups.names().stream()
                .sorted(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder())).toList();
        for (String number : numbers) {
            List<String> members = groups.child(number).child("devices").names().stream().filter(this::counts).toList();
            if (members.size() > 1) {
                shared.add(number + " (" + some(members, " ") + ")");
            }
        }
        if (numbers.isEmpty()) {
            return List.of();
        }
        return List.of(shared.isEmpty() ? Check.ok(NAME, "each function that is no bridge can be given away alone")
                : Check.note(NAME, "shared by several functions: " + some(shared, ", "),
                        "these go to one user together: 'vfio bind --dry-run' says who blocks whom; a slot behind a port with ACS"
                        + " (lspci -vv: ACSCtl: SrcValid+) splits them"));
    }

    private boolean counts(String function) {
        return !sysfs.child("bus/pci/devices").child(function).line("class").orElse(BRIDGE).startsWith(BRIDGE);
    }

    private static String some(List<String> all, String between) {
        String text = String.join(between, all.subList(0, Math.min(SHOWN, all.size())));
        return all.size() <= SHOWN ? text : text + between + "and " + (all.size() - SHOWN) + " more";
    }
}
