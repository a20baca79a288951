// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * MiB of resident memory of a daemon some seconds after all its functions were bound, with the options as shipped; the
 * peer's, in turn, as long after its bundles were active.
 */
record ResidentMemory(String name, int functions) implements Measurement {
    private static final int RUNS = 3;
    private static final long SETTLE_MILLIS = 10_000;

    @Override
    public Result measure(Place place) throws IOException, InterruptedException {
        Path topology = Topology.of(place, functions);
        BareJava java = BareJava.asOfDaemon(place);
        double[] ours = new double[RUNS];
        double[] theirs = new double[RUNS];
        for (int run = 0; run < RUNS; run++) {
            try (VfioRun daemon = new VfioRun(place, List.of("vfio.pci.generic"),
                    "--topology", topology.toString(), "--policy", "*=auto")) {
                daemon.awaitBound(functions);
                ours[run] = settled(daemon.pid());
            }
            try (BareProcess bare = new BareProcess(place, java)) {
                bare.awaitActive();
                theirs[run] = settled(bare.pid());
            }
        }
        return Result.of(name, "MiB", ours, BareProcess.NAME, theirs);
    }

    private static double settled(long pid) throws IOException, InterruptedException {
        Thread.sleep(SETTLE_MILLIS);
        return new ProcessUse(pid).residentMebibytes();
    }
}
