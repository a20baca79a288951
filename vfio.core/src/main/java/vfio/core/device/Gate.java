// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.thread.Deadline;

/**
 * A gate that counts the calls in flight through a driver's or a model's code. The code that takes away an object of such
 * calls keeps new calls out first and awaits the end of the calls inside. Threads count on stripes, each of a cache line of
 * its own.
 *
 * <p>A gate keeps calls out for one of three reasons, each ended by itself: the gate is <em>shut</em>, for ever, since the
 * device is closed; <em>blocked</em>, since the memory behind the gate is; <em>paused</em>, while the driver is exchanged:
 * then calls wait in place of being refused.
 *
 * <p>A call may run code of a user, such as a listener of an interrupt, and this code may ask for an act that awaits the
 * gate. So no thread waits for calls of its own. Such code may also call through the gate again, from inside: a pause would
 * wait for the outer call, and the inner call for the pause. So a pause is {@linkplain #record prepared}: calls that come in
 * from then on are noted with their threads, and only noted threads may come in during the pause, until each has left.
 */
final class Gate {
    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
    /** The longs of two cache lines: a processor fetches neighbouring lines in pairs. */
    private static final int APART = 16;
    private static final int STRIPES =
            Math.min(16, Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors() - 1));
    /** The nanoseconds that an await spins before it parks: the shortest sleep takes longer than most calls. */
    private static final long SPIN = 20_000;
    private static final long SHORTEST_PARK = 1_000;
    private static final long LONGEST_PARK = 1_000_000;
    /** The bits of a stripe's number that count calls: far more calls than there are threads on a stripe. */
    private static final int COUNT_BITS = 20;
    private static final long COUNT = (1L << COUNT_BITS) - 1;

    private static final int SHUT = 1;
    private static final int BLOCKED = 2;
    private static final int RECORDING = 4;
    private static final int PAUSED = 8;
    /** Noted calls are inside: the call that leaves may be one of them. */
    private static final int NOTED = 16;
    /** Calls that come in are counted, which takes the gate's slow way. */
    private static final int COUNTING = 32;

    private final long[] counts = new long[(STRIPES + 1) * APART];
    /** The reasons that are on; written under this object's lock. */
    private volatile int state;
    /** The number of a thread's calls that came in since a recording began; null while there are none. */
    private Map<Long, Integer> noted;
    /** The calls that the latest pause kept waiting, or sent away; guarded by this object's lock. */
    private long waited;
    /** The calls that came in while they were counted; guarded by this object's lock. */
    private long counted;

    private static int stripe(long thread) {
        return (int) (thread & STRIPES - 1) * APART + APART;
    }

    /** Returns the number that a call adds to its stripe: one, and above it the thread's number, to tell own calls by. */
    private static long call(long thread) {
        return thread << COUNT_BITS | 1;
    }

    /**
     * Enters the gate; waits while it is paused.
     *
     * @return false where the gate is shut or blocked; after true the same thread calls {@link #leave}
     */
    boolean enter() {
        return enter(true);
    }

    /**
     * Enters the gate.
     *
     * @param waits whether the call waits while the gate is paused
     * @return as {@link #enter()}
     * @throws VfioException EAGAIN, of kind HELD, for a call that does not wait, while the gate is paused
     */
    boolean enter(boolean waits) {
        long thread = Thread.currentThread().getId();
        COUNTS.getAndAdd(counts, stripe(thread), call(thread));
        return state == 0 || enterSlowly(thread, waits);
    }

    private synchronized boolean enterSlowly(long thread, boolean waits) {
        COUNTS.getAndAdd(counts, stripe(thread), -call(thread));
        awaitResume(thread, waits);
        if ((state & (SHUT | BLOCKED)) != 0) {
            return false;
        }
        counted += (state & COUNTING) == 0 ? 0 : 1;
        if ((state & (RECORDING | PAUSED)) != 0) {
            note(thread);
        } else {
            COUNTS.getAndAdd(counts, stripe(thread), call(thread));
        }
        return true;
    }

    private void awaitResume(long thread, boolean waits) {
        boolean interrupted = false;
        waited += isHeld(thread) ? 1 : 0;
        while (isHeld(thread)) {
            if (!waits) {
                throw new VfioException(VfioException.Kind.HELD, Errno.EAGAIN, "call through a device whose driver is being "
                        + "exchanged: its user does not wait; try again when that is done");
            }
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Counts the calls that come in from now on, or does not any more; each takes the slow way while they are counted. */
    synchronized void count(boolean on) {
        state = on ? state | COUNTING : state & ~COUNTING;
    }

    /** Returns how many calls came in while they were counted. */
    synchronized long counted() {
        return counted;
    }

    private boolean isHeld(long thread) {
        return (state & (SHUT | BLOCKED)) == 0 && (state & PAUSED) != 0 && !hasNoted(thread);
    }

    /** Returns how many calls the latest pause has kept waiting, or sent away, until now. */
    synchronized long waited() {
        return waited;
    }

    /** Tells whether calls wait, but for those of noted threads. */
    boolean paused() {
        return (state & PAUSED) != 0;
    }

    void leave() {
        long thread = Thread.currentThread().getId();
        if ((state & NOTED) == 0 || !leaveNoted(thread)) {
            COUNTS.getAndAdd(counts, stripe(thread), -call(thread));
        }
    }

    private void note(long thread) {
        if (noted == null) {
            noted = new HashMap<>();
        }
        noted.merge(thread, 1, Integer::sum);
        state |= NOTED;
    }

    private boolean hasNoted(long thread) {
        return noted != null && noted.containsKey(thread);
    }

    /** Ends a thread's innermost call where it was noted; noted calls are inside those that came before the recording. */
    private synchronized boolean leaveNoted(long thread) {
        if (!hasNoted(thread)) {
            return false;
        }
        noted.computeIfPresent(thread, (own, calls) -> calls == 1 ? null : calls - 1);
        if (noted.isEmpty()) {
            noted = null;
            state &= ~NOTED;
        }
        return true;
    }

    /** Lets no call in from now on, for ever; {@link #awaitEmpty} then waits for the calls inside. */
    synchronized void shut() {
        state |= SHUT;
        notifyAll();
    }

    boolean isShut() {
        return (state & SHUT) != 0;
    }

    /** Lets no call in until {@link #unblock}; {@link #awaitEmpty} then waits for the calls inside. */
    synchronized void block() {
        state |= BLOCKED;
        notifyAll();
    }

    synchronized void unblock() {
        state &= ~BLOCKED;
    }

    /**
     * Notes calls that come in from now on, until {@link #pause} or {@link #resume}; {@link #awaitRecorded} then waits for
     * the calls that came before, while no call waits for anything.
     */
    synchronized void record() {
        state |= RECORDING;
    }

    /**
     * Waits for the end of other threads' calls that came before the recording.
     *
     * @return false where another thread was still inside when {@code patience} was over
     */
    boolean awaitRecorded(Duration patience) {
        return await(patience, this::othersInside);
    }

    /** Lets calls wait, but for those of noted threads; {@link #awaitEmpty} then waits for the calls inside. */
    synchronized void pause() {
        waited = 0;
        state = state & ~RECORDING | PAUSED;
    }

    /** Ends a recording or a pause: calls that wait come in. */
    synchronized void resume() {
        state &= ~(RECORDING | PAUSED);
        notifyAll();
    }

    /** Tells whether a call of the calling thread is inside: by the stripe where it has one call, else by the stack too. */
    boolean mine() {
        long thread = Thread.currentThread().getId();
        long inside = (long) COUNTS.getVolatile(counts, stripe(thread));
        return (state & NOTED) != 0 && notedOf(thread)
                || ((inside & COUNT) == 1 ? inside == call(thread) : inside != 0 && OwnCalls.any());
    }

    private synchronized boolean notedOf(long thread) {
        return hasNoted(thread);
    }

    /**
     * Waits for the end of other threads' calls.
     *
     * @return false where another thread was still inside when {@code patience} was over
     */
    boolean awaitEmpty(Duration patience) {
        return await(patience, () -> othersInside() || othersNoted()); // in this order: a call is noted after it was counted
    }

    private static boolean await(Duration patience, BooleanSupplier others) {
        Deadline deadline = Deadline.in(patience);
        long spinEnds = System.nanoTime() + SPIN;
        long park = SHORTEST_PARK;
        while (others.getAsBoolean()) {
            if (deadline.passed()) {
                return false;
            }
            if (System.nanoTime() - spinEnds < 0) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(park);
                park = Math.min(2 * park, LONGEST_PARK);
            }
        }
        return true;
    }

    private synchronized boolean othersNoted() {
        return noted != null && noted.keySet().stream().anyMatch(thread -> thread != Thread.currentThread().getId());
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
