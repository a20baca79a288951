// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Milliseconds from exec to the control socket's answer that every function is bound, all of them under auto. */
record StartBound(String name, int functions) implements Measurement {
    private static final int RUNS = 5;

    @Override
    public Result measure(Place place) throws IOException, InterruptedException {
        Path topology = Topology.of(place, functions);
        double[] samples = new double[RUNS];
        // The first start fills the caches of the system and the archive of parsed classes, as it does for an operator.
        for (int run = -1; run < RUNS; run++) {
            try (Daemon daemon = new Daemon(place, List.of("vfio.pci.generic"), "--topology", topology.toString(),
                    "--policy", "*=auto")) {
                double milliseconds = daemon.awaitBound(functions);
                if (run >= 0) {
                    samples[run] = milliseconds;
                }
            }
        }
        return Result.of(name, "ms", samples);
    }
}
