// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.function.BooleanSupplier;
import vfio.core.VfioException;
import vfio.core.thread.Deadline;

/**
 * The membership of a device in its set, from the join to the one leave. While a thread holds the lock no other one opens,
 * closes or resets a member.
 */
final class Membership {
    private final DeviceSet.Registry sets;
    private final DeviceSet set;
    private final BooleanSupplier onWorker;
    private final AtomicBoolean in = new AtomicBoolean(true);

    /**
     * Joins the set for {@code key}.
     *
     * @param onWorker tells whether the calling thread is the driver's worker, for which the holder of the lock may wait, too
     */
    Membership(DeviceSet.Registry sets, Object key, BooleanSupplier onWorker) {
        this.sets = sets;
        this.onWorker = onWorker;
        set = sets.join(key);
    }

    DeviceSet set() {
        return set;
    }

    Condition newCondition() {
        return set.lock.newCondition();
    }

    /** Takes the lock, on a thread that is not inside a call through a device. */
    void lock() {
        set.lock.lock();
    }

    /**
     * Takes the lock, whose holder may wait for calls through a device.
     *
     * @param waits whether the caller waits for an exchange of a driver
     * @throws VfioException EDEADLK for a thread inside such a call, or the driver's worker, where another thread has the
     *     lock; EAGAIN, of kind HELD, for a caller that does not wait, where a driver is exchanged
     */
    void lockFor(String act, boolean waits) {
        if (!set.lock.tryLock()) {
            if (inside()) {
                throw refused(act);
            }
            set.lock.lock(waits, act);
        }
    }

    /** Takes the lock, as {@link #lockFor(String, boolean)} for a caller that waits. */
    void lockFor(String act) {
        lockFor(act, true);
    }

    /** Refuses an act that {@link #lockFor} would refuse, without taking the lock. */
    void refuseWhereOthersLock(String act) {
        if (set.lock.isLocked() && !set.lock.isHeldByCurrentThread() && inside()) {
            throw refused(act);
        }
    }

    /** Tells whether the holder of the lock may wait for the calling thread. */
    private boolean inside() {
        return onWorker.getAsBoolean() || OwnCalls.any();
    }

    private static VfioException refused(String act) {
        return OwnCalls.refused(act, "a device of its set is opened, closed or reset now, which may await");
    }

    /**
     * Takes the lock, or returns false, where another thread has it, on a thread inside a call through a device, on the
     * driver's worker, and for a caller that does not wait for an exchange of a driver.
     */
    boolean lockOutside(boolean waits) {
        return set.lock.tryLock() || !inside() && set.lock.lockUnlessHeld(waits);
    }

    /**
     * Takes the lock where it becomes free before a deadline.
     *
     * @param deadline an interrupted thread does not wait for it
     * @return false where another thread still has the lock
     */
    boolean lockBefore(Deadline deadline) {
        return deadline.lock(set.lock);
    }

    void unlock() {
        set.lock.unlock();
    }

    void leave() {
        if (in.getAndSet(false)) {
            sets.leave(set);
        }
    }
}
