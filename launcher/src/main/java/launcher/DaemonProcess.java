// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import vfio.admin.ExitCode;
import vfio.admin.control.RunDirectory;
import vfio.core.thread.Deadline;

/** The waits of a client for the process that holds a run directory. */
final class DaemonProcess {
    private static final long STEP_MILLIS = 10;
    private static final long START_MILLIS = 15_000;
    private static final long STOP_MILLIS = 60_000;

    private DaemonProcess() {
    }

    /** Waits until the daemon that was told to stop is gone, so that the next one can start at once. */
    static void awaitEnd(Path directory) throws LaunchException, InterruptedException {
        RunDirectory run = new RunDirectory(directory);
        Optional<Long> pid = run.pid();
        Deadline deadline = Deadline.in(Duration.ofMillis(STOP_MILLIS));
        while (pid.isPresent() && (livesOn(pid.get()) || pid.equals(run.pid()) && run.daemonLives())) {
            if (deadline.passed()) {
                throw new LaunchException(ExitCode.REFUSED, "the daemon " + pid.get() + " was told to stop and has not ended"
                        + " after " + STOP_MILLIS / 1000 + " s");
            }
            Thread.sleep(STEP_MILLIS);
        }
    }

    /** Returns whether another process lives. A daemon within this process ends before the process does. */
    private static boolean livesOn(long pid) {
        Optional<ProcessHandle> process = ProcessHandle.of(pid);
        return pid != ProcessHandle.current().pid() && process.isPresent() && process.get().isAlive();
    }

    /** The time that a client tries again: while a daemon runs that may not have its socket yet, at most 15 s. */
    static final class Patience {
        private final RunDirectory directory;
        private final Deadline deadline = Deadline.in(Duration.ofMillis(START_MILLIS));

        Patience(Path directory) {
            this.directory = new RunDirectory(directory);
        }

        /** Waits 10 ms. Returns false where there is nothing to wait for. */
        boolean again() throws InterruptedException {
            if (deadline.passed() || !directory.daemonLives()) {
                return false;
            }
            Thread.sleep(STEP_MILLIS);
            return true;
        }
    }
}
