// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import vfio.admin.ExitCode;

/**
 * The server's reaction to memory that runs out. As a rule the shortage passes with the command or the driver that used the
 * memory up, and must not take the daemon down; so the JVM is not told to exit at the first OutOfMemoryError, which one large
 * array of a driver would cause. Where the shortage lasts nobody can reach the daemon any more, and the process ends with a
 * code at which its supervisor starts it again.
 */
final class MemoryShortage {
    private static final long PAUSE_NANOS = 100_000_000;
    private static final int ENOUGH = 1 << 20;

    private final Runnable probe;
    private final Duration patience;
    private final Runnable lastResort;

    /**
     * @param probe throws OutOfMemoryError while there is too little
     * @param lastResort ends the process
     */
    MemoryShortage(Runnable probe, Duration patience, Runnable lastResort) {
        this.probe = probe;
        this.patience = patience;
        this.lastResort = lastResort;
    }

    /** Returns the reaction of a daemon: its process ends after 10 s in which there never was a mebibyte. */
    static MemoryShortage ofProcess() {
        byte[][] held = new byte[1][];
        return new MemoryShortage(() -> {
            held[0] = new byte[ENOUGH];
            held[0] = null;
        }, Duration.ofSeconds(10), () -> Runtime.getRuntime().halt(ExitCode.INTERNAL.number()));
    }

    /** Waits until there is memory again. */
    void await() {
        long began = System.nanoTime();
        while (!enough()) {
            if (System.nanoTime() - began > patience.toNanos()) {
                lastResort.run();
                return;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        System.getLogger(MemoryShortage.class.getName()).log(Level.ERROR, "memory ran out for a moment");
    }

    private boolean enough() {
        try {
            probe.run();
            return true;
        } catch (OutOfMemoryError e) {
            return false;
        }
    }
}
