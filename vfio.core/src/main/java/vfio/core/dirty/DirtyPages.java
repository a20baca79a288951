// SPDX-License-Identifier: Apache-2.0
package vfio.core.dirty;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

/**
 * What a device writes, as a user's handle has it; good for as long as the handle is. Users of one device share its log.
 *
 * <p>Every method throws ENODEV where the handle is stale, and ENOTTY where the device does not log.
 */
public final class DirtyPages {
    private final String device;
    private final Supplier<Optional<DirtyTracker>> tracker;

    /** @param tracker asked for each call: empty where the driver does not log; throws ENODEV where the handle is stale */
    public DirtyPages(String device, Supplier<Optional<DirtyTracker>> tracker) {
        this.device = device;
        this.tracker = tracker;
    }

    /**
     * VFIO_DEVICE_FEATURE_DMA_LOGGING_START; see {@link DirtyTracker#start}.
     *
     * @param pageSize in bytes
     * @return the page size that the device logs by
     * @throws VfioException EINVAL, E2BIG or EOVERFLOW where what is asked for is wrong; EINVAL where the log runs
     */
    public long start(long pageSize, List<IovaRange> ranges) {
        return tracker().start(pageSize, ranges);
    }

    /** VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP. A log that does not run is stopped already. */
    public void stop() {
        tracker().stop();
    }

    /**
     * VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT; see {@link DirtyTracker#report}.
     *
     * @param pageSize in bytes
     * @return what was written since the last report of the same addresses
     * @throws VfioException EINVAL or EOVERFLOW where what is asked for is wrong; EINVAL where the log does not run
     */
    public DirtyBitmap report(long iova, long length, long pageSize) {
        return tracker().report(iova, length, pageSize);
    }

    private DirtyTracker tracker() {
        return tracker.get().orElseThrow(() ->
                new VfioException(Errno.ENOTTY, "dirty log of " + device + ": its driver does not log what it writes"));
    }
}
