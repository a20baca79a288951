// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.util.List;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

/** The kernel's own translation of devices' addresses, whose calls these are; open until the last device is closed. */
interface Translation extends AutoCloseable {

    /** @throws vfio.core.VfioException EOPNOTSUPP where nothing is translated */
    List<IovaRange> usable();

    /** In bytes, a power of two. */
    long alignment();

    /**
     * @param address of memory of this process that stays as long as it is mapped
     * @param access of {@link vfio.core.dma.DmaSpace}
     */
    void map(long address, long iova, long size, int access);

    /**
     * Unmaps all that lies within, and cuts nothing.
     *
     * @return how many bytes were mapped there
     */
    long unmap(long iova, long size);

    /** @throws vfio.core.VfioException EOPNOTSUPP where it keeps no log */
    void logDirtyPages(boolean on);

    /** As {@link vfio.core.dma.DmaSpace#dirtyPages}. */
    DirtyBitmap dirtyPages(long iova, long size);

    /** Unmaps everything. */
    @Override
    void close();
}
