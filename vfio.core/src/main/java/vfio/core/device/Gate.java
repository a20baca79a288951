// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import vfio.core.thread.Deadline;

/**
 * A gate that counts the calls in flight through a driver's or a model's code. The code that takes away an object of such
 * calls shuts new calls out first and awaits the end of the calls inside. Threads count on stripes, each of a cache line of
 * its own.
 *
 * <p>A call may run code of a user, such as a listener of an interrupt, and this code may ask for an act that awaits the
 * gate. So no thread waits for calls of its own.
 */
final class Gate {
    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
    /** The longs of two cache lines: a processor fetches neighbouring lines in pairs. */
    private static final int APART = 16;
    private static final int STRIPES =
            Math.min(16, Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors() - 1));
    private static final long LONGEST_PAUSE = 1_000_000;
    /** The bits of a stripe's number that count calls: far more calls than there are threads on a stripe. */
    private static final int COUNT_BITS = 20;
    private static final long COUNT = (1L << COUNT_BITS) - 1;

    private final long[] counts = new long[(STRIPES + 1) * APART];
    private volatile boolean shut;

    private static int stripe(long thread) {
        return (int) (thread & STRIPES - 1) * APART + APART;
    }

    /** Returns the number that a call adds to its stripe: one, and above it the thread's number, to tell own calls by. */
    private static long call(long thread) {
        return thread << COUNT_BITS | 1;
    }

    /**
     * Enters the gate.
     *
     * @return false where the gate is shut; after true the same thread calls {@link #leave}
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

    /** Lets no call in from now on; {@link #awaitEmpty} then waits for the calls inside. */
    void shut() {
        shut = true;
    }

    void reopen() {
        shut = false;
    }

    /** Tells whether a call of the calling thread is inside: by the stripe where it has one call, else by the stack too. */
    boolean mine() {
        long thread = Thread.currentThread().getId();
        long inside = (long) COUNTS.getVolatile(counts, stripe(thread));
        return (inside & COUNT) == 1 ? inside == call(thread) : inside != 0 && OwnCalls.any();
    }

    /**
     * Waits for the end of other threads' calls.
     *
     * @return false where another thread was still inside when {@code patience} was over
     */
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

    /**
     * Tells whether all calls on a stripe are the thread's. The numbers of other threads may add up to the thread's own, so
     * the thread's stack must have as many calls.
     */
    private static boolean own(long inside, long thread) {
        long count = inside & COUNT;
        return inside == count * call(thread) && (count == 1 || count <= OwnCalls.inside());
    }
}
