// SPDX-License-Identifier: Apache-2.0
package vfio.core.dirty;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

/**
 * The acts by which a driver has its device log which pages the device writes ({@code struct vfio_log_ops},
 * include/linux/vfio.h). The core checks what users ask for and keeps whether the log runs. Called on the worker of the
 * driver's bundle.
 */
@ConsumerType
public interface DirtyLog {
    /** The most ranges that a user can have logged: as many as fit a page of 4096 bytes, in the kernel as here. */
    int MAX_RANGES = 256;

    /** Returns how many ranges the device can log at once, 1 or more; the core merges more over the smallest gaps. */
    default int maxRanges() {
        return MAX_RANGES;
    }

    /**
     * Starts logging; never while it runs.
     *
     * @param pageSize in bytes, a power of two: what the user would like
     * @param ranges 1 to {@link #maxRanges}, aligned to the page size, in the order of their addresses, not overlapping
     * @return the page size that the device logs by, a power of two
     * @throws VfioException why it cannot; nothing is logged then
     */
    long start(long pageSize, List<IovaRange> ranges);

    /** Stops logging, and forgets what was logged; only while it runs. */
    void stop();

    /**
     * Sets the bits of all that was written in the bitmap's range since it was last read there, and forgets it; only while
     * logging runs. The range may be any, and its page size another than the device's.
     *
     * @throws VfioException why it cannot: what was written is not known then
     */
    void readAndClear(DirtyBitmap bitmap);
}
