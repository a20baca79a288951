// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import vfio.core.VfioException;

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

    private static final int SIZE = 32;

    public RegionInfo {
        capabilities = List.copyOf(capabilities);
        flags = capabilities.isEmpty() ? flags & ~CAPS : flags | CAPS;
    }

    /**
     * Reads the answer of VFIO_DEVICE_GET_REGION_INFO, little-endian.
     *
     * @param bytes the answer, from the buffer's position on
     * @throws VfioException EMSGSIZE, EIO as of {@link DeviceInfo#decode}
     */
    public static RegionInfo decode(ByteBuffer bytes) {
        ByteBuffer struct = InfoLayout.checked(bytes, SIZE);
        long size = struct.getLong(16);
        long offset = struct.getLong(24);
        if (size < 0 || offset < 0 || offset > Long.MAX_VALUE - size) {
            throw CapabilityChain.broken("a region of " + Long.toUnsignedString(size) + " bytes at "
                    + Long.toUnsignedString(offset) + " is beyond what a file can have");
        }
        boolean chained = (struct.getInt(4) & CAPS) != 0;
        return new RegionInfo(struct.getInt(8), struct.getInt(4), size, offset,
                chained ? InfoLayout.capabilities(bytes, struct, 12, SIZE) : List.of());
    }

    /**
     * Writes the answer of VFIO_DEVICE_GET_REGION_INFO, little-endian.
     *
     * @param argsz the asker's, unsigned
     * @return the answer: without capabilities where the capabilities do not fit
     * @throws VfioException EINVAL for an argsz below 32
     */
    public ByteBuffer encode(int argsz) {
        ByteBuffer struct = InfoLayout.struct(SIZE, SIZE, argsz, capabilities);
        struct.putInt(4, flags).putInt(8, index).putLong(16, size).putLong(24, offset);
        return InfoLayout.chained(struct, 12, SIZE, argsz, capabilities);
    }

    /** Returns the first capability of an id. */
    public Optional<InfoCapability> capability(int id) {
        return capabilities.stream().filter(capability -> capability.id() == id).findFirst();
    }
}
