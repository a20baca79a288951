// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.List;
import vfio.core.iova.IovaRange;

/**
 * The answer to VFIO_IOMMU_GET_INFO with its capabilities ({@code struct vfio_iommu_type1_info}, uapi/linux/vfio.h).
 *
 * @param flags {@link #PGSIZES} and {@link #CAPS}
 * @param pageSizes a bit for each page size
 * @param ranges capability 1, IOVA_RANGE: what can be mapped, lowest first
 * @param migration capability 2, MIGRATION: null where dirty pages are not told
 * @param dmaAvail capability 3, DMA_AVAIL: how many mappings can still be made
 */
public record IommuInfo(int flags, long pageSizes, List<IovaRange> ranges, Migration migration, long dmaAvail) {
    /** Of the flags: {@link #pageSizes} is told. */
    public static final int PGSIZES = 1;
    /** Of the flags: capabilities follow. */
    public static final int CAPS = 2;
    /** 4 KiB, 2 MiB and 1 GiB. */
    static final long PAGE_SIZES = 1L << 12 | 1L << 21 | 1L << 30;

    /** Copies the ranges. */
    public IommuInfo {
        ranges = List.copyOf(ranges);
    }

    /**
     * The capability that says how dirty pages are told.
     *
     * @param pageSizes a bit for each page size
     * @param largestBitmap in bytes
     */
    public record Migration(long pageSizes, long largestBitmap) {
    }
}
