// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.dirty;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dirty.DirtyPages;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

/** The dirty log of one handle: the tracker of the handle's device, looked up for each call. */
public final class HandleDirtyPages implements DirtyPages {
    private final String device;
    private final Supplier<Optional<DirtyTracker>> tracker;

    /** @param tracker asked for each call: empty where the driver does not log; throws ENODEV where the handle is stale */
    public HandleDirtyPages(String device, Supplier<Optional<DirtyTracker>> tracker) {
        this.device = device;
        this.tracker = tracker;
    }

    @Override
    public long start(long pageSize, List<IovaRange> ranges) {
        return tracker().start(pageSize, ranges);
    }

    @Override
    public void stop() {
        tracker().stop();
    }

    @Override
    public DirtyBitmap report(long iova, long length, long pageSize) {
        return tracker().report(iova, length, pageSize);
    }

    private DirtyTracker tracker() {
        return tracker.get().orElseThrow(() ->
                new VfioException(Errno.ENOTTY, "dirty log of " + device + ": its driver does not log what it writes"));
    }
}
