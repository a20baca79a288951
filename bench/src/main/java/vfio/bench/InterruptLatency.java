// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.util.Arrays;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.pci.core.id.IrqIndex;

/**
 * Nanoseconds from the moment a device sends an MSI message to the first instruction of the user's callback, at a quantile
 * of a million messages. The clock's own step is in it.
 */
record InterruptLatency(String name, double quantile) implements Measurement {
    private static final int RUNS = 5;
    private static final int MESSAGES = 1_000_000;

    @Override
    public Result measure(Place place) {
        double[] samples = new double[RUNS];
        try (OpenedFunction function = new OpenedFunction()) {
            long[] arrived = new long[1];
            EventSignal clock = EventSignal.calling(() -> arrived[0] = System.nanoTime());
            function.handle().setIrqs(IrqRequest.trigger(IrqIndex.MSI, 0, clock));
            for (int run = -1; run < RUNS; run++) {
                double nanoseconds = run(function, arrived);
                if (run >= 0) {
                    samples[run] = nanoseconds;
                }
            }
        }
        return Result.of(name, "ns", samples);
    }

    private double run(OpenedFunction function, long[] arrived) {
        long[] latencies = new long[MESSAGES];
        for (int i = 0; i < MESSAGES; i++) {
            long sent = System.nanoTime();
            function.raise(0);
            latencies[i] = arrived[0] - sent;
        }
        Arrays.sort(latencies);
        return latencies[(int) (MESSAGES * quantile)];
    }
}
