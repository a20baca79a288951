// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

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
     * Returns the seconds of CPU time of the threads that live now, from the first word of each one's schedstat
     * (nanoseconds, Documentation/scheduler/sched-stats.rst). The stat of the process counts hundredths of a second, and an
     * idle daemon takes five of them a minute.
     */
    double cpuSeconds() throws IOException {
        long nanoseconds = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(folder().resolve("task"))) {
            for (Path thread : threads) {
                nanoseconds += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ")[0]);
            }
        }
        return nanoseconds / 1e9;
    }
}
