// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import vfio.admin.ExitCode;

/** What a client can know of the process that holds a run directory, by its pid file. */
final class DaemonProcess {
    static final String PID_FILE = "daemon.pid";
    private static final int MOST_DIGITS = 18;
    private static final long STEP_MILLIS = 10;
    private static final long START_MILLIS = 15_000;
    private static final long STOP_MILLIS = 60_000;

    private DaemonProcess() {
    }

    /** The pid in the file, whether or not that process still lives; empty where there is none. */
    static Optional<Long> pid(Path directory) {
        try (InputStream in = Files.newInputStream(directory.resolve(PID_FILE))) {
            String text = new String(in.readNBytes(MOST_DIGITS + 2), StandardCharsets.US_ASCII).trim();
            return text.isEmpty() || text.length() > MOST_DIGITS ? Optional.empty() : Optional.of(Long.parseLong(text));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Whether the file names a living Java process. */
    static boolean alive(Path directory) {
        Optional<Long> pid = pid(directory);
        if (pid.isEmpty()) {
            return false;
        }
        Optional<ProcessHandle> process = ProcessHandle.of(pid.get());
        if (process.isEmpty() || !process.get().isAlive()) {
            return false;
        }
        // A number can be used again after a crash; another user's process hides its command.
        String command = process.get().info().command().orElse("java");
        return command.endsWith("java");
    }

    /** Waits until the daemon that was told to stop is gone, so that the next can start at once. */
    static void awaitEnd(Path directory) throws LaunchException, InterruptedException {
        Optional<Long> pid = pid(directory);
        long deadline = System.nanoTime() + STOP_MILLIS * 1_000_000;
        while (pid.isPresent() && (livesOn(pid.get()) || pid.equals(pid(directory)) && alive(directory))) {
            if (System.nanoTime() > deadline) {
                throw new LaunchException(ExitCode.REFUSED, "the daemon " + pid.get() + " was told to stop and has not ended"
                        + " after " + STOP_MILLIS / 1000 + " s");
            }
            Thread.sleep(STEP_MILLIS);
        }
    }

    /** A daemon inside this very process ends without it. */
    private static boolean livesOn(long pid) {
        Optional<ProcessHandle> process = ProcessHandle.of(pid);
        return pid != ProcessHandle.current().pid() && process.isPresent() && process.get().isAlive();
    }

    /** How long a client tries again: as long as a daemon is there that may not have its socket yet. */
    static final class Patience {
        private final Path directory;
        private final long deadline = System.nanoTime() + START_MILLIS * 1_000_000;

        Patience(Path directory) {
            this.directory = directory;
        }

        /** Waits a little. False when there is nothing to wait for. */
        boolean again() throws InterruptedException {
            if (System.nanoTime() > deadline || !alive(directory)) {
                return false;
            }
            Thread.sleep(STEP_MILLIS);
            return true;
        }
    }
}
