// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Percent of a core that a daemon with the built-in topology takes over a minute in which nobody asks it anything; the
 * peer over the same minute.
 */
final class IdleCpu implements Measurement {
    private static final long SETTLE_MILLIS = 10_000;
    private static final long WINDOW_MILLIS = 60_000;

    @Override
    public Result measure(Place place) throws IOException, InterruptedException {
        BareJava java = BareJava.asOfDaemon(place);
        try (VfioRun daemon = new VfioRun(place, List.of("vfio.pci.generic", "vfio.pci.igd"),
                "--policy", "*=auto");
                BareProcess bare = new BareProcess(place, java)) {
            daemon.awaitMatching();
            bare.awaitActive();
            Thread.sleep(SETTLE_MILLIS);
            ProcessUse ours = new ProcessUse(daemon.pid());
            ProcessUse theirs = new ProcessUse(bare.pid());
            long start = System.nanoTime();
            Map<String, Long> ourBefore = ours.cpuNanos();
            Map<String, Long> theirBefore = theirs.cpuNanos();
            Thread.sleep(WINDOW_MILLIS);
            double our = ours.cpuSecondsSince(ourBefore);
            double their = theirs.cpuSecondsSince(theirBefore);
            double percent = 100 / ((System.nanoTime() - start) / 1e9);
            return Result.of("daemon.idleCpu", "% of a core", new double[] {our * percent}, BareProcess.NAME,
                    new double[] {their * percent});
        }
    }
}
