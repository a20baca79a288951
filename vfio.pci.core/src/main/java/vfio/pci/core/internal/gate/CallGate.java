// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.gate;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock.ReadLock;
import java.util.concurrent.locks.ReentrantReadWriteLock.WriteLock;
import vfio.core.thread.Deadline;

/**
 * A gate on the way to the code of a function's owner: any number of calls are inside at a time, or an exchange has the gate
 * for itself. A thread that is inside may come in again, whoever waits, so that a call never waits for itself.
 */
public final class CallGate {
    private final ReadLock inside;
    private final WriteLock alone;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    /** Whether an exchange has the gate or waits for it: a call that does not wait stays out, however many come. */
    private volatile boolean held;
    private volatile boolean shut;
    private final AtomicLong waited = new AtomicLong();

    public CallGate() {
        inside = lock.readLock();
        alone = lock.writeLock();
    }

    /**
     * Enters the gate, and waits while it is paused.
     *
     * @return false where the gate is shut, or was still paused when {@code patience} was over; after true the same thread
     *     calls {@link #leave}
     */
    public boolean enter(Duration patience) {
        if (held && !mine()) {
            waited.incrementAndGet();
        }
        return took(inside, patience) && openInside();
    }

    /** Returns how many calls have waited for an exchange. */
    public long waited() {
        return waited.get();
    }

    /** Enters the gate where that needs no wait. */
    public boolean tryEnter() {
        return (!held || mine()) && inside.tryLock() && openInside();
    }

    private boolean openInside() {
        if (shut) {
            inside.unlock();
        }
        return !shut;
    }

    public void leave() {
        inside.unlock();
    }

    /** Tells whether the calling thread is inside. */
    public boolean mine() {
        return lock.getReadHoldCount() > 0;
    }

    /** Tells whether no call comes in any more. */
    public boolean isShut() {
        return shut;
    }

    /**
     * Lets calls wait from now on, and waits for those inside; the same thread calls {@link #resume}.
     *
     * @return false where a call was still inside when {@code patience} was over: then calls come in again
     */
    public boolean pause(Duration patience) {
        held = true;
        if (!took(alone, patience)) {
            held = false;
            return false;
        }
        return true;
    }

    /** Ends a pause: calls that wait come in. */
    public void resume() {
        alone.unlock();
        held = false;
    }

    /** Lets no call in from now on, for ever, and waits for those inside, no longer than {@code patience}. */
    public void shut(Duration patience) {
        shut = true;
        if (!mine() && took(alone, patience)) {
            alone.unlock();
        }
    }

    /** Takes a lock in its turn; an interrupted thread does not wait for it, and stays interrupted. */
    private static boolean took(Lock lock, Duration patience) {
        try {
            return lock.tryLock(Deadline.bounded(patience).toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return lock.tryLock();
        }
    }
}
