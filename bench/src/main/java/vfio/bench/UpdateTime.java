// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.util.function.ToLongFunction;
import vfio.bench.UpdatedDaemon.Update;

/**
 * Milliseconds of an update of many open functions, by one of its spans; the peer, in turn, is the same with functions that
 * nobody has open.
 */
record UpdateTime(String name, int functions, ToLongFunction<Update> span) implements Measurement {
    private static final int RUNS = 7;
    private static final int WARMUP = 3;
    private static final double NANOS = 1e6;

    @Override
    public Result measure(Place place) throws Exception {
        double[] open = new double[RUNS];
        double[] closed = new double[RUNS];
        try (UpdatedDaemon ours = new UpdatedDaemon(place, functions, functions);
                UpdatedDaemon theirs = new UpdatedDaemon(place, functions, 0)) {
            for (int run = -WARMUP; run < RUNS; run++) {
                Update our = ours.update();
                Update their = theirs.update();
                if (run >= 0) {
                    open[run] = span.applyAsLong(our) / NANOS;
                    closed[run] = span.applyAsLong(their) / NANOS;
                }
            }
        }
        return Result.of(name, "ms", open, "as many that nobody has open", closed);
    }
}
