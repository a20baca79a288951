// SPDX-License-Identifier: Apache-2.0
package vfio.core.thread;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;

/**
 * A moment until which something is waited for, by the clock of {@link System#nanoTime}. A value: it never changes, and any
 * thread may ask it.
 */
public final class Deadline {
    /** The longest wait, one day: longer ones are cut to it, so that nanoseconds can count them. */
    public static final Duration LONGEST = Duration.ofDays(1);

    private final long end;

    private Deadline(long end) {
        this.end = end;
    }

    /** Returns the moment that is {@code patience} from now; a negative patience is none, and {@link #LONGEST} the most. */
    public static Deadline in(Duration patience) {
        return new Deadline(System.nanoTime() + bounded(patience).toNanos());
    }

    /** Returns the duration, between zero and {@link #LONGEST}. */
    public static Duration bounded(Duration duration) {
        Duration least = duration.isNegative() ? Duration.ZERO : duration;
        return least.compareTo(LONGEST) > 0 ? LONGEST : least;
    }

    /** Returns what is left, zero once it has passed. */
    public Duration left() {
        return Duration.ofNanos(Math.max(0, leftNanos()));
    }

    /** Returns the nanoseconds that are left, 0 or less once it has passed. */
    public long leftNanos() {
        return end - System.nanoTime();
    }

    /** Tells whether nothing is left. */
    public boolean passed() {
        return leftNanos() <= 0;
    }

    /**
     * Takes a lock where it becomes free before the deadline. An interrupted thread does not wait for it, and stays
     * interrupted.
     *
     * @return false where another thread still has the lock
     */
    public boolean lock(Lock lock) {
        try {
            return lock.tryLock() || lock.tryLock(leftNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return lock.tryLock();
        }
    }
}
