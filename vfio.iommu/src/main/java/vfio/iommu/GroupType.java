// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

/** What translates the DMA of a group's devices, as the kernel's {@code enum vfio_group_type} (drivers/vfio/vfio.h). */
enum GroupType {
    /** An IOMMU. */
    IOMMU,
    /** The devices' driver, by software: the devices have no IOMMU of their own (mediated devices). */
    EMULATED_IOMMU,
    /** Nothing: a user needs the right to raw I/O to open the group. */
    NO_IOMMU
}
