// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What a running process takes of the machine, as {@code /proc} says.
 *
 * @param pid its number
 */
record ProcessUse(long pid) {

    private Path folder() {
        return Path.of("/proc", Long.toString(pid));
    }

    /** Returns VmRSS in MiB. */
    double residentMebibytes() throws IOException {
        for (String line : Files.readAllLines(folder().resolve("status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
            }
        }
        throw new IOException("process " + pid + " has no VmRSS");
    }

    /**
     * Returns the nanoseconds of CPU time of each thread that lives now, by its number, from the first word of its schedstat
     * (Documentation/scheduler/sched-stats.rst). The stat of the process counts hundredths of a second, and an idle daemon
     * takes five of them a minute.
     */
    Map<String, Long> cpuNanos() throws IOException {
        Map<String, Long> nanos = new HashMap<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(folder().resolve("task"))) {
            for (Path thread : threads) {
                String stat = Files.readString(thread.resolve("schedstat"));
                nanos.put(thread.getFileName().toString(), Long.parseLong(stat.split(" ")[0]));
            }
        }
        return nanos;
    }

    /**
     * Returns the seconds of CPU time since {@code before} of the threads that live now. A thread that has ended in between
     * takes with it what it used before, so sums of all threads cannot be subtracted: the JVM ends compilers that are idle.
     */
    double cpuSecondsSince(Map<String, Long> before) throws IOException {
        long nanos = 0;
        for (Map.Entry<String, Long> thread : cpuNanos().entrySet()) {
            nanos += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
        }
        return nanos / 1e9;
    }
}
