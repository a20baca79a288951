// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Microseconds a function from the order that all are under auto to the answer that all are bound, with many functions and,
 * in turn, with few as the peer: the ratio says how the cost grows.
 */
record BindAll(String name, int functions, int few) implements Measurement {
    private static final int RUNS = 5;

    @Override
    public Result measure(Place place) throws IOException, InterruptedException {
        double[] many = new double[RUNS];
        double[] less = new double[RUNS];
        for (int run = 0; run < RUNS; run++) {
            many[run] = bind(place, functions);
            less[run] = bind(place, few);
            System.err.printf("bench:   %.1f us, %d functions %.1f us%n", many[run], few, less[run]);
        }
        return Result.of(name, "us", many, few + " functions", less);
    }

    private static double bind(Place place, int count) throws IOException, InterruptedException {
        Path topology = Topology.of(place, count);
        try (VfioRun daemon = new VfioRun(place, List.of("vfio.pci.generic"),
                "--topology", topology.toString())) {
            return daemon.bindAll(count) * 1000 / count;
        }
    }
}
