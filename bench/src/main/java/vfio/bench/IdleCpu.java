// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Percent of a core that a daemon with the built-in topology takes over a minute in which nobody asks it anything. */
final class IdleCpu implements Measurement {
    private static final long SETTLE_MILLIS = 10_000;
    private static final long WINDOW_MILLIS = 60_000;
    /** USER_HZ, which /proc counts in: 100 on every architecture of ours. */
    private static final int TICKS_PER_SECOND = 100;

    @Override
    public Result measure(Place place) throws IOException, InterruptedException {
        try (Daemon daemon = new Daemon(place, List.of("vfio.pci.generic", "vfio.pci.igd"), "--policy", "*=auto")) {
            daemon.awaitMatching();
            Thread.sleep(SETTLE_MILLIS);
            long pid = daemon.pid();
            long before = ticks(pid);
            long start = System.nanoTime();
            Thread.sleep(WINDOW_MILLIS);
            double seconds = (System.nanoTime() - start) / 1e9;
            double percent = 100.0 * (ticks(pid) - before) / TICKS_PER_SECOND / seconds;
            return Result.of("daemon.idleCpu", "% of a core", new double[] {percent});
        }
    }

    /** utime and stime, fields 14 and 15 of proc_pid_stat(5); the name before them may have blanks. */
    private static long ticks(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }
}
