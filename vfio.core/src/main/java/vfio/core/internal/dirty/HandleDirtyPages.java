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
    private final boolean waits;
    private final Supplier<Optional<DirtyTracker>> tracker;

    /**
     * Makes the dirty log of a handle.
     *
     * @param waits whether the handle's user waits for an exchange of the driver
     * @param tracker asked for each call: empty where the driver does not log; throws ENODEV where the handle is stale
     */
    public HandleDirtyPages(String device, boolean waits, Supplier<Optional<DirtyTracker>> tracker) {
        this.device = device;
        this.waits = waits;
        this.tracker = tracker;
    }

    @Override
    public long start(long pageSize, List<IovaRange> ranges) {
        DirtyTracker now = tracker();
        return now.asUser(waits, () -> now.start(pageSize, ranges));
    }

    @Override
    public void stop() {
        DirtyTracker now = tracker();
        now.asUser(waits, () -> {
            now.stop();
            return null;
        });
    }

    @Override
    public DirtyBitmap report(long iova, long length, long pageSize) {
        DirtyTracker now = tracker();
        return now.asUser(waits, () -> now.report(iova, length, pageSize));
    }

    private DirtyTracker tracker() {
        return tracker.get().orElseThrow(() ->
                new VfioException(Errno.ENOTTY, "dirty log of " + device + ": its driver does not log what it writes"));
    }
}
