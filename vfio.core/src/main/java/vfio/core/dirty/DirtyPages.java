// SPDX-License-Identifier: Apache-2.0
package vfio.core.dirty;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

/**
 * The log of the pages that a device writes, as a user's handle has it; good for as long as the handle is. Users of one
 * device share its log.
 *
 * <p>Every method throws ENODEV where the handle is stale, and ENOTTY where the device does not log.
 */
@ProviderType
public interface DirtyPages {

    /**
     * Starts the log (VFIO_DEVICE_FEATURE_DMA_LOGGING_START).
     *
     * @param pageSize in bytes
     * @return the page size that the device logs by
     * @throws VfioException EINVAL where there are no ranges, one is empty, is not aligned to the page size or overlaps
     *     another, the page size is no power of two, or the log runs; E2BIG where there are more than
     *     {@link DirtyLog#MAX_RANGES}; EOVERFLOW where one does not fit 64 bits; else what the driver answered
     */
    long start(long pageSize, List<IovaRange> ranges);

    /**
     * Stops the log (VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP). A log that does not run is stopped already.
     *
     * @throws VfioException what the driver answered
     */
    void stop();

    /**
     * Returns what the device has written since the last report of the same addresses
     * (VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT).
     *
     * @param pageSize in bytes
     * @throws VfioException as {@link DirtyBitmap#DirtyBitmap}; EINVAL where the log does not run; else what the driver
     *     answered: all pages have to be taken for dirty then
     */
    DirtyBitmap report(long iova, long length, long pageSize);
}
