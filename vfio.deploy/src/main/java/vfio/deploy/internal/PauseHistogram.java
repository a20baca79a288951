// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import vfio.deploy.UpdateAdmin.PauseRow;
import vfio.deploy.UpdateAdmin.Pauses;
import vfio.pci.core.admin.DriverUpdate.Moved;

/** The pauses of all exchanges of open functions since the start. Any thread may call each of its methods. */
final class PauseHistogram {
    private static final int DIGITS = 3;
    private static final int TICKS_PER_HALF = 2;

    /** Null before the first exchange: a daemon that never updates does not load its classes. */
    private Histogram nanos;
    private long back;
    private long waited;
    private long bytes;

    /** Counts a function that has gone over, or was given back; one that nobody had open has no pause. */
    synchronized void count(Moved moved, boolean backwards) {
        if (moved.pause().isZero()) {
            return;
        }
        if (nanos == null) {
            nanos = new Histogram(DIGITS);
        }
        nanos.recordValue(moved.pause().toNanos());
        back += backwards ? 1 : 0;
        waited += moved.waited();
        bytes += moved.bytes();
    }

    synchronized Pauses read() {
        if (nanos == null) {
            return new Pauses(0, 0, 0, 0, List.of());
        }
        List<PauseRow> rows = new ArrayList<>();
        for (HistogramIterationValue value : nanos.percentiles(TICKS_PER_HALF)) {
            rows.add(new PauseRow(value.getPercentileLevelIteratedTo(), value.getValueIteratedTo(),
                    value.getTotalCountToThisValue()));
        }
        return new Pauses(nanos.getTotalCount(), back, waited, bytes, List.copyOf(rows));
    }
}
