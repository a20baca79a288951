// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts the calls in flight through a driver's or a model's code, so that whoever takes away what they use can shut them
 * out and await the end of those inside. Each thread counts on a stripe of its own cache line.
 */
final class Gate {
    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
    /** Longs of a cache line, twice: neighbours are fetched in pairs. */
    private static final int APART = 16;
    private static final int STRIPES =
            Math.min(16, Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors() - 1));
    private static final long LONGEST_PAUSE = 1_000_000;

    private final long[] counts = new long[(STRIPES + 1) * APART];
    private volatile boolean shut;

    private static int stripe() {
        long id = Thread.currentThread().getId();
        return (int) (id & STRIPES - 1) * APART + APART;
    }

    /**
     * Goes in.
     *
     * @return false where the gate is shut; else {@link #leave} comes on the same thread
     */
    boolean enter() {
        int mine = stripe();
        COUNTS.getAndAdd(counts, mine, 1L);
        if (shut) {
            COUNTS.getAndAdd(counts, mine, -1L);
            return false;
        }
        return true;
    }

    void leave() {
        COUNTS.getAndAdd(counts, stripe(), -1L);
    }

    /** Lets nobody in from now on; {@link #awaitEmpty} then waits for those inside. */
    void shut() {
        shut = true;
    }

    void reopen() {
        shut = false;
    }

    /** @return false where somebody was still inside when {@code patience} was over */
    boolean awaitEmpty(Duration patience) {
        long end = System.nanoTime() + DriverCall.bounded(patience).toNanos();
        for (long pause = 1_000; inside(); pause = Math.min(2 * pause, LONGEST_PAUSE)) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            LockSupport.parkNanos(pause);
        }
        return true;
    }

    private boolean inside() {
        long sum = 0;
        for (int i = APART; i < counts.length; i += APART) {
            sum += (long) COUNTS.getVolatile(counts, i);
        }
        return sum != 0;
    }
}
