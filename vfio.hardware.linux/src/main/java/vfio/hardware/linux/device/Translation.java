// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.util.List;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

/** A translation of devices' addresses by the kernel, open until the last device is closed. */
interface Translation extends AutoCloseable {

    /**
     * Returns the addresses that can be mapped.
     *
     * @throws vfio.core.VfioException EOPNOTSUPP where nothing is translated
     */
    List<IovaRange> usable();

    /** Returns the alignment of mappings in bytes, a power of two. */
    long alignment();

    /**
     * Maps memory.
     *
     * @param address of memory of this process that stays as long as it is mapped
     * @param access of {@link vfio.core.dma.DmaSpace}
     */
    void map(long address, long iova, long size, int access);

    /**
     * Unmaps the mappings that lie within a range; none is cut.
     *
     * @return the number of bytes that were mapped there
     */
    long unmap(long iova, long size);

    /**
     * Begins or ends to log dirty pages.
     *
     * @throws vfio.core.VfioException EOPNOTSUPP where the translation keeps no log
     */
    void logDirtyPages(boolean on);

    /** Returns the dirty pages of a range and clears them, as {@link vfio.core.dma.DmaSpace#dirtyPages}. */
    DirtyBitmap dirtyPages(long iova, long size);

    /** Unmaps everything. */
    @Override
    void close();
}
