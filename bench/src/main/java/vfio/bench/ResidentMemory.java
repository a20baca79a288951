// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** MiB of resident memory of a daemon some seconds after all its functions were bound, with the options as shipped. */
record ResidentMemory(String name, int functions) implements Measurement {
    private static final int RUNS = 3;
    private static final long SETTLE_MILLIS = 10_000;

    @Override
    public Result measure(Place place) throws IOException, InterruptedException {
        Path topology = Topology.of(place, functions);
        double[] samples = new double[RUNS];
        for (int run = 0; run < RUNS; run++) {
            try (Daemon daemon = new Daemon(place, List.of("vfio.pci.generic"), "--topology", topology.toString(),
                    "--policy", "*=auto")) {
                daemon.awaitBound(functions);
                Thread.sleep(SETTLE_MILLIS);
                samples[run] = resident(daemon.pid());
            }
        }
        return Result.of(name, "MiB", samples);
    }

    private static double resident(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
            }
        }
        throw new IOException("process " + pid + " has no VmRSS");
    }
}
