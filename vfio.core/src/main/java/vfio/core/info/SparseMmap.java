// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The parts of a region that can be mapped, where not all of it can ({@code struct vfio_region_info_cap_sparse_mmap},
 * uapi/linux/vfio.h). The core maps nothing outside of them.
 *
 * @param areas the parts: the begin of each is page-aligned, and the end too where the region does not end there; areas may
 *     overlap, and an empty area counts for nothing
 */
public record SparseMmap(List<RegionPart> areas) {
    private static final int VERSION = 1;
    /** The bytes of the number of areas and of a reserved dword. */
    private static final int HEAD = 8;
    private static final int AREA = 16;

    public SparseMmap {
        areas = List.copyOf(areas);
    }

    public SparseMmap(RegionPart... areas) {
        this(List.of(areas));
    }

    /** Returns the parts as a capability of a region's info. */
    public InfoCapability capability() {
        ByteBuffer payload = ByteBuffer.allocate(HEAD + AREA * areas.size()).order(ByteOrder.LITTLE_ENDIAN);
        payload.putInt(areas.size()).putInt(0);
        areas.forEach(area -> payload.putLong(area.offset()).putLong(area.size()));
        return new InfoCapability(RegionInfo.CAP_SPARSE_MMAP, VERSION, payload.flip());
    }

    /**
     * Reads the capability of a region's info; empty where the whole region can be mapped, or no part.
     *
     * @throws VfioException EINVAL where the capability is shorter than its areas
     */
    public static Optional<SparseMmap> of(RegionInfo info) {
        return info.capability(RegionInfo.CAP_SPARSE_MMAP).map(SparseMmap::of);
    }

    /**
     * Reads the capability.
     *
     * @throws VfioException EINVAL where the payload is shorter than its areas
     */
    public static SparseMmap of(InfoCapability capability) {
        ByteBuffer payload = capability.payload();
        int length = payload.remaining();
        long count = length < HEAD ? 0 : Integer.toUnsignedLong(payload.getInt(0));
        if (length < HEAD || count > (length - HEAD) / AREA) {
            throw new VfioException(Errno.EINVAL, "read capability SPARSE_MMAP: " + count + " areas in a payload of "
                    + length + " bytes; it takes 8 and 16 for each");
        }
        List<RegionPart> areas = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = HEAD + AREA * i;
            areas.add(new RegionPart(payload.getLong(at), payload.getLong(at + 8)));
        }
        return new SparseMmap(areas);
    }
}
