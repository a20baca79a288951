// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.Optional;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.PciAddress;

/** A function of the host that its driver may lose; what is known of it is read when asked for. */
public record GuardedFunction(PciAddress address, SysfsDirectory directory) {

    /** Name of the host's driver. */
    public Optional<String> driver() {
        return directory.link("driver", warning -> { });
    }

    /** Number of its IOMMU group. */
    public Optional<Integer> group() {
        return directory.linkedNumber("iommu_group", warning -> { });
    }

    /** Whether something of another place in sysfs hangs on this function. */
    boolean has(SysfsDirectory other) {
        return other.real().startsWith(directory.real());
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
