// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.List;

/** The guard of functions without an IOMMU, which the kernel refuses to bind or is tainted by. */
final class IommuGuard implements HostGuard {
    static final String NAME = "iommu";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> objections(GuardedFunction function, String driver) {
        return function.directory().has("iommu_group") ? List.of()
                : List.of("it is in no IOMMU group; switch the IOMMU on in the firmware and the kernel's command line, else "
                + "its DMA reaches all memory of this host: the kernel refuses that, or is tainted by it where "
                + "enable_unsafe_noiommu_mode of module vfio is on");
    }
}
