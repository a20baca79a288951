// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import vfio.core.thread.Deadline;

/**
 * Counts the calls in flight through a driver's or a model's code, so that whoever takes away what they use can shut them
 * out and await the end of those inside. Each thread counts on a stripe of its own cache line.
 *
 * <p>What such a call runs of others, a listener of an interrupt for one, may ask for what awaits the gate: nobody waits for
 * calls of its own thread.
 */
final class Gate {
    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
    /** Longs of a cache line, twice: neighbours are fetched in pairs. */
    private static final int APART = 16;
    private static final int STRIPES =
            Math.min(16, Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors() - 1));
    private static final long LONGEST_PAUSE = 1_000_000;
    /** Of a stripe's number; far more calls than threads that share one. */
    private static final int COUNT_BITS = 20;
    private static final long COUNT = (1L << COUNT_BITS) - 1;

    private final long[] counts = new long[(STRIPES + 1) * APART];
    private volatile boolean shut;

    private static int stripe(long thread) {
        return (int) (thread & STRIPES - 1) * APART + APART;
    }

    /** What a call adds to its stripe: one, and its thread's number above that, by which a thread tells its own. */
    private static long call(long thread) {
        return thread << COUNT_BITS | 1;
    }

    /**
     * Goes in.
     *
     * @return false where the gate is shut; else {@link #leave} comes on the same thread
     */
    boolean enter() {
        long thread = Thread.currentThread().getId();
        int mine = stripe(thread);
        COUNTS.getAndAdd(counts, mine, call(thread));
        if (shut) {
            COUNTS.getAndAdd(counts, mine, -call(thread));
            return false;
        }
        return true;
    }

    void leave() {
        long thread = Thread.currentThread().getId();
        COUNTS.getAndAdd(counts, stripe(thread), -call(thread));
    }

    /** Lets nobody in from now on; {@link #awaitEmpty} then waits for those inside. */
    void shut() {
        shut = true;
    }

    void reopen() {
        shut = false;
    }

    /** Whether a call of the calling thread is inside: told by its stripe where one call is there, else by the stack too. */
    boolean mine() {
        long thread = Thread.currentThread().getId();
        long inside = (long) COUNTS.getVolatile(counts, stripe(thread));
        return (inside & COUNT) == 1 ? inside == call(thread) : inside != 0 && OwnCalls.any();
    }

    /** @return false where another thread was still inside when {@code patience} was over */
    boolean awaitEmpty(Duration patience) {
        Deadline deadline = Deadline.in(patience);
        for (long pause = 1_000; othersInside(); pause = Math.min(2 * pause, LONGEST_PAUSE)) {
            if (deadline.passed()) {
                return false;
            }
            LockSupport.parkNanos(pause);
        }
        return true;
    }

    private boolean othersInside() {
        long thread = Thread.currentThread().getId();
        for (int i = APART; i < counts.length; i += APART) {
            long inside = (long) COUNTS.getVolatile(counts, i);
            if (inside != 0 && (i != stripe(thread) || !own(inside, thread))) {
                return true;
            }
        }
        return false;
    }

    /** Whether all on a stripe are the thread's: the numbers of others may add up to its own, but its stack has not their calls. */
    private static boolean own(long inside, long thread) {
        long count = inside & COUNT;
        return inside == count * call(thread) && (count == 1 || count <= OwnCalls.inside());
    }
}
