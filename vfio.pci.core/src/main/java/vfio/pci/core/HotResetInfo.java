// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.util.List;

/**
 * What a hot reset of a function's bus or slot would reset ({@code struct vfio_pci_hot_reset_info}, uapi/linux/vfio.h).
 *
 * @param dependents every function, the one asked about among them, in address order
 */
public record HotResetInfo(List<Dependent> dependents) {

    public HotResetInfo {
        dependents = List.copyOf(dependents);
    }

    /**
     * One function.
     *
     * @param group its IOMMU group
     * @param driver what it is bound to, null for nothing
     * @param users who has it open
     */
    public record Dependent(PciAddress address, int group, String driver, List<String> users) {
        public Dependent {
            users = List.copyOf(users);
        }
    }
}
