// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.util.List;
import java.util.Optional;

/**
 * The description of a region ({@code struct vfio_region_info}, uapi/linux/vfio.h).
 *
 * @param flags 0 where the region is empty; {@link #CAPS} is added where there are capabilities
 * @param size in bytes
 * @param offset the region's first byte in the device's file; callers use this value and compute none
 */
public record RegionInfo(int index, int flags, long size, long offset, List<InfoCapability> capabilities) {
    public static final int READ = 1;
    public static final int WRITE = 1 << 1;
    public static final int MMAP = 1 << 2;
    public static final int CAPS = 1 << 3;

    /** Ids of region capabilities. */
    public static final int CAP_SPARSE_MMAP = 1;
    public static final int CAP_TYPE = 2;
    public static final int CAP_MSIX_MAPPABLE = 3;
    /** The address at which an NVLink 2 bridge has a GPU's memory: tgt, 64 bits. */
    public static final int CAP_NVLINK2_SSATGT = 4;
    /** The speed of an NVLink 2 link: 32 bits. */
    public static final int CAP_NVLINK2_LNKSPD = 5;

    public RegionInfo {
        capabilities = List.copyOf(capabilities);
        flags = capabilities.isEmpty() ? flags & ~CAPS : flags | CAPS;
    }

    /** Returns the first capability of an id. */
    public Optional<InfoCapability> capability(int id) {
        return capabilities.stream().filter(capability -> capability.id() == id).findFirst();
    }
}
