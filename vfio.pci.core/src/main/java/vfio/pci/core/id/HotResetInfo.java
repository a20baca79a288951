// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

import java.util.List;

/**
 * What a hot reset of a function's bus or slot would reset ({@code struct vfio_pci_hot_reset_info}, uapi/linux/vfio.h).
 *
 * @param flags {@link #DEV_ID}, {@link #DEV_ID_OWNED}; 0 for the handle of a group
 * @param dependents every function, the one asked about among them, in address order
 */
public record HotResetInfo(int flags, List<Dependent> dependents) {
    /** Of the flags: the handle was opened directly, ids are those of devices. */
    public static final int DEV_ID = 1;
    /** Of the flags: all are the asker's. */
    public static final int DEV_ID_OWNED = 1 << 1;
    /** An id of a device: it has none of its own, but is the asker's by its group. */
    public static final int OWNED = 0;
    /** An id of a device: it is not the asker's. */
    public static final int NOT_OWNED = -1;

    public HotResetInfo {
        dependents = List.copyOf(dependents);
    }

    /**
     * One function.
     *
     * @param id its IOMMU group; with {@link #DEV_ID} its id in the asker's iommufd, 1 or more, or {@link #OWNED} or
     *     {@link #NOT_OWNED}
     * @param driver what it is bound to, null for nothing
     * @param users who has it open
     */
    public record Dependent(PciAddress address, int id, String driver, List<String> users) {
        public Dependent {
            users = List.copyOf(users);
        }
    }
}
