// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Milliseconds from exec to the control socket's answer that every function is bound, all of them under auto; the peer, in
 * turn, from exec until its bundles are active.
 */
record StartBound(String name, int functions) implements Measurement {
    private static final int RUNS = 7;

    @Override
    public Result measure(Place place) throws IOException, InterruptedException {
        Path topology = Topology.of(place, functions);
        BareJava java = BareJava.asOfDaemon(place);
        double[] ours = new double[RUNS];
        double[] theirs = new double[RUNS];
        // The first start fills the caches of the system and the archive of parsed classes, as it does for an operator.
        for (int run = -1; run < RUNS; run++) {
            double our = ours(place, topology);
            double their = theirs(place, java);
            if (run >= 0) {
                ours[run] = our;
                theirs[run] = their;
            }
        }
        return Result.of(name, "ms", ours, BareProcess.NAME, theirs);
    }

    private double ours(Place place, Path topology) throws IOException, InterruptedException {
        try (VfioRun daemon = new VfioRun(place, List.of("vfio.pci.generic"),
                "--topology", topology.toString(), "--policy", "*=auto")) {
            return daemon.awaitBound(functions);
        }
    }

    private static double theirs(Place place, BareJava java) throws IOException, InterruptedException {
        try (BareProcess bare = new BareProcess(place, java)) {
            return bare.awaitActive();
        }
    }
}
