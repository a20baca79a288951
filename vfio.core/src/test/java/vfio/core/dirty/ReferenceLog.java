// SPDX-License-Identifier: Apache-2.0
package vfio.core.dirty;

import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

/** A driver that logs by pages of its own, refuses what the core should have refused, and can fail, lie and hang. */
public final class ReferenceLog implements DirtyLog {
    /** Each call, as {@code "start 4096 [0x1000+0x1000]"}. */
    public final List<String> calls = new CopyOnWriteArrayList<>();
    public volatile int maxRanges = 256;
    /** What start answers and the log then goes by, where it is not 0. */
    public volatile long pageSize;
    public volatile boolean fails;
    /** Runs inside each call, on the worker. */
    public volatile Runnable inside = () -> { };

    private final SortedSet<Long> written = new ConcurrentSkipListSet<>();
    private volatile List<IovaRange> ranges;
    private volatile long page;

    /** The device writes a byte. */
    public void write(long iova) {
        if (ranges != null && ranges.stream().anyMatch(range -> range.overlaps(IovaRange.of(iova, 1)))) {
            written.add(iova & -page);
        }
    }

    private static String text(IovaRange range) {
        return "0x%x+0x%x".formatted(range.first(), range.length());
    }

    private void enter(String call) {
        calls.add(call);
        inside.run();
        if (fails) {
            throw new VfioException(Errno.ENOTCONN, "the function that logs is gone");
        }
    }

    @Override
    public int maxRanges() {
        return maxRanges;
    }

    @Override
    public long start(long wanted, List<IovaRange> all) {
        enter("start " + wanted + " " + all.stream().map(ReferenceLog::text).toList());
        if (ranges != null) {
            throw new AssertionError("started twice");
        }
        page = pageSize == 0 ? wanted : pageSize;
        ranges = all;
        return page;
    }

    @Override
    public void stop() {
        enter("stop");
        if (ranges == null) {
            throw new AssertionError("stopped twice");
        }
        ranges = null;
        written.clear();
    }

    @Override
    public void readAndClear(DirtyBitmap bitmap) {
        enter("report " + text(IovaRange.of(bitmap.iova(), bitmap.length())));
        if (ranges == null) {
            throw new AssertionError("not started");
        }
        written.removeIf(iova -> {
            boolean inside = IovaRange.of(iova, page).overlaps(IovaRange.of(bitmap.iova(), bitmap.length()));
            if (inside) {
                bitmap.set(iova, page);
            }
            return inside;
        });
    }
}
