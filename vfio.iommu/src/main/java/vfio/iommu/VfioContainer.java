// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;

/**
 * A VFIO container, in which groups share one address space: a type1 container, or an {@link Iommufd} that stands in for one.
 * Its user closes it; what groups use of it stays until the last of them has left.
 *
 * <p>Every call answers EBADF once closed, and EINVAL where it needs an IOMMU and none is set. iova, offset and size are
 * unsigned.
 */
@ProviderType
public interface VfioContainer extends AutoCloseable {
    /** For {@link #checkExtension} and {@link #setIommu}. */
    int TYPE1 = 1;
    int TYPE1V2 = 3;
    int DMA_CC = 4;
    int TYPE1_NESTING = 6;
    int NOIOMMU = 8;
    int UNMAP_ALL = 9;
    int UPDATE_VADDR = 10;

    /** Of {@link #map}: devices may read. */
    int MAP_READ = 1;
    /** Of {@link #map}: devices may write. */
    int MAP_WRITE = 2;
    /** Of {@link #map}: the memory of a mapping has another place now. */
    int MAP_VADDR = 4;

    /** Of {@link #unmap}: tell what was written. */
    int UNMAP_GET_DIRTY_BITMAP = 1;
    /** Of {@link #unmap}: everything; iova and size are 0. */
    int UNMAP_ALL_FLAG = 2;
    /** Of {@link #unmap}: only the place of the memory is no longer good; devices go on. */
    int UNMAP_VADDR = 4;

    int DIRTY_PAGES_START = 1;
    int DIRTY_PAGES_STOP = 2;
    int DIRTY_PAGES_GET_BITMAP = 4;

    /** Returns 1 where the container has an extension, 0 where not, or where the number means nothing (CHECK_EXTENSION). */
    int checkExtension(int extension);

    /**
     * Sets how the groups' devices are translated (SET_IOMMU).
     *
     * @throws VfioException EINVAL where no group is in it or the IOMMU is set; ENODEV for a type that is not supported;
     *     what attaching a group answers: EPERM for interrupts that are not isolated, EINVAL where what it reserves
     *     is mapped
     */
    void setIommu(int type);

    /** Returns what can be mapped, and how dirty pages are told (VFIO_IOMMU_GET_INFO). */
    IommuInfo info();

    /**
     * Maps a part of a buffer (VFIO_IOMMU_MAP_DMA).
     *
     * @param flags of {@link #MAP_READ}, {@link #MAP_WRITE}, {@link #MAP_VADDR}
     * @param offset in the buffer
     * @throws VfioException EINVAL for flags, size 0, alignment, wraparound, or addresses that are reserved; EEXIST where
     *     something is mapped; ENOSPC where there are too many mappings; ENOMEM above the limit of locked memory; EFAULT
     *     outside of the buffer or where it is closed; with MAP_VADDR ENOENT where nothing is mapped, EINVAL where that is
     *     of other addresses or its place is still good
     */
    void map(int flags, DmaBuffer buffer, long offset, long iova, long size);

    /**
     * Unmaps a range (VFIO_IOMMU_UNMAP_DMA). When this returns no device reaches what was unmapped.
     *
     * @param flags of {@link #UNMAP_GET_DIRTY_BITMAP}, {@link #UNMAP_ALL_FLAG}, {@link #UNMAP_VADDR}
     * @param bitmap for UNMAP_GET_DIRTY_BITMAP, else null
     * @return bytes unmapped
     * @throws VfioException EINVAL for flags, size 0, alignment, wraparound, a mapping that would be split, or dirty pages
     *     that are not tracked; EBUSY for UNMAP_VADDR where a device has no IOMMU of its own
     */
    long unmap(int flags, long iova, long size, VfioBitmap bitmap);

    /** Unmaps a range as {@link #unmap(int, long, long, VfioBitmap)} does without a flag. */
    default long unmap(long iova, long size) {
        return unmap(0, iova, size, null);
    }

    /**
     * Starts or stops the tracking of dirty pages, or gets those of a range (VFIO_IOMMU_DIRTY_PAGES).
     *
     * @param flags one of {@link #DIRTY_PAGES_START}, {@link #DIRTY_PAGES_STOP}, {@link #DIRTY_PAGES_GET_BITMAP}
     * @param iova of the range to get, else 0
     * @param size of the range to get, else 0
     * @param bitmap for the range to get, else null
     * @throws VfioException EACCES with TYPE1; ENOTTY on an iommufd; EINVAL for flags, page size, alignment, a bitmap that
     *     does not fit, a range where nothing is mapped or a mapping would be split, and while tracking is off
     */
    void dirtyPages(int flags, long iova, long size, VfioBitmap bitmap);

    @Override
    void close();
}
