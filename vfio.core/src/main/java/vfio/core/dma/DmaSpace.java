// SPDX-License-Identifier: Apache-2.0
package vfio.core.dma;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

/**
 * The addresses by which a user's open devices reach its memory, where another side translates them: the kernel's IOMMU, a
 * vfio-user server. It is there while one of the devices is open; with the last of them everything is unmapped.
 */
@ConsumerType
public interface DmaSpace {
    /** Devices may read. */
    int READ = 1;
    /** Devices may write. */
    int WRITE = 2;

    /** Returns the addresses that can be mapped, lowest first. */
    List<IovaRange> usable();

    /** Returns what addresses, offsets and sizes must be multiples of, in bytes; a power of two. */
    long alignment();

    /**
     * Lets devices reach memory. It stays for as long as it is mapped, whatever its user closes.
     *
     * @param access of {@link #READ}, {@link #WRITE}
     * @throws VfioException EINVAL for alignment, size 0 or addresses that are not {@link #usable}; EEXIST where something is
     *     mapped; ENOSPC where there are too many mappings; ENOMEM above the limit of locked memory; EFAULT outside of the
     *     buffer or where it is closed; EOPNOTSUPP where there is no IOMMU; ENODEV where the last device has been closed
     */
    void map(DmaBuffer buffer, long offset, long size, long iova, int access);

    /**
     * Takes away what one {@link #map} has mapped. When this returns no device reaches it.
     *
     * @throws VfioException ENOENT where no such mapping is there, of that address and size
     */
    void unmap(long iova, long size);

    /**
     * Begins to log which pages devices write, with none, or ends that. A log that runs goes on.
     *
     * @throws VfioException EOPNOTSUPP where the other side keeps no such log; ENODEV where the last device has been closed
     */
    default void logDirtyPages(boolean on) {
        throw new VfioException(Errno.EOPNOTSUPP, "log dirty pages: the other side keeps no log");
    }

    /**
     * Returns the pages that were written since the log began or was last read. A page of which the other side cannot know
     * counts as written.
     *
     * @param iova of a range that cuts no mapping
     * @param size in bytes
     * @return a bit for each page of {@link #alignment} bytes
     * @throws VfioException EINVAL where the log is off, the range is not of whole pages or cuts a mapping, or the bitmap
     *     would be larger than 256 MiB; EOPNOTSUPP and ENODEV as {@link #logDirtyPages}
     */
    default DirtyBitmap dirtyPages(long iova, long size) {
        throw new VfioException(Errno.EOPNOTSUPP, "read dirty pages: the other side keeps no log");
    }
}
