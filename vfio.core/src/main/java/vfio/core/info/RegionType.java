// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The type of a region behind the fixed ones ({@code struct vfio_region_info_cap_type}, uapi/linux/vfio.h). A subtype counts
 * within its type: types without the bit {@link #PCI_VENDOR} are the kernel's, types with the bit are each PCI vendor's own.
 */
public record RegionType(int type, int subtype) {
    /** The bit of a type that makes the rest a PCI vendor id. */
    public static final int PCI_VENDOR = 1 << 31;
    /** Graphics. */
    public static final int GFX = 1;
    /** Channel I/O of s390. */
    public static final int CCW = 2;
    /** Migration by a region, the way before the device feature; kernels no longer have this type. */
    public static final int MIGRATION_DEPRECATED = 3;

    /** Of {@link #GFX}: the display's EDID. */
    public static final int GFX_EDID = 1;
    /** Of {@link #MIGRATION_DEPRECATED}: state and data. */
    public static final int MIGRATION = 1;
    /** Of Intel's integrated graphics: the OpRegion. */
    public static final int IGD_OPREGION = 1;
    /** Of Intel's integrated graphics: configuration space of the host bridge. */
    public static final int IGD_HOST_CFG = 2;
    /** Of Intel's integrated graphics: configuration space of the LPC bridge. */
    public static final int IGD_LPC_CFG = 3;
    /** Of NVIDIA: memory of a GPU that NVLink 2 makes coherent. */
    public static final int NVLINK2_RAM = 1;
    /** Of IBM: the address translation shoot-down registers of an NVLink 2 bridge. */
    public static final int NVLINK2_ATSD = 1;

    private static final int VERSION = 1;

    /** Returns the type as a capability of a region's info. */
    public InfoCapability capability() {
        ByteBuffer payload = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(type).putInt(subtype);
        return new InfoCapability(RegionInfo.CAP_TYPE, VERSION, payload.flip());
    }

    /** Returns the type that a region's info states; empty for a fixed region. */
    public static Optional<RegionType> of(RegionInfo info) {
        return info.capability(RegionInfo.CAP_TYPE).map(InfoCapability::payload).filter(payload -> payload.remaining() >= 8)
                .map(payload -> new RegionType(payload.getInt(0), payload.getInt(4)));
    }
}
