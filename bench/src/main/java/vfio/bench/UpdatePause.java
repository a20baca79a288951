// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * Microseconds that calls of users may have waited when their device's driver was exchanged, at a quantile over all devices of
 * many updates by a new file each. The peer is the same user's longest call in spans of these lengths, just before each update.
 */
record UpdatePause(String name, double quantile, int open, int updates) implements Measurement {
    private static final int RUNS = 3;
    private static final int WARMUP = 3;
    private static final double NANOS = 1e3;

    @Override
    public Result measure(Place place) throws Exception {
        double[] pauses = new double[RUNS];
        double[] controls = new double[RUNS];
        for (int run = 0; run < RUNS; run++) {
            DoubleStream.Builder pause = DoubleStream.builder();
            DoubleStream.Builder control = DoubleStream.builder();
            try (UpdatedDaemon daemon = new UpdatedDaemon(place, open, open)) {
                for (int update = -WARMUP; update < updates; update++) {
                    UpdatedDaemon.Update done = daemon.update();
                    if (update >= 0) {
                        Arrays.stream(done.pauses()).forEach(pause);
                        Arrays.stream(done.control()).forEach(control);
                    }
                }
            }
            pauses[run] = at(pause.build()) / NANOS;
            controls[run] = at(control.build()) / NANOS;
            System.err.printf("bench:   %.1f us, before it %.1f us%n", pauses[run], controls[run]);
        }
        return Result.of(name, "us", pauses, "the longest call in as long a span without", controls);
    }

    private double at(DoubleStream samples) {
        double[] sorted = samples.sorted().toArray();
        return sorted[Math.min(sorted.length - 1, (int) (sorted.length * quantile))];
    }
}
