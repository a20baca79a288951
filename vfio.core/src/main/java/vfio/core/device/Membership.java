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
     * @throws VfioException EDEADLK for a thread inside such a call, or the driver's worker, where another thread has the
     *     lock
     */
    void lockFor(String act) {
        if (!lockOutside()) {
            throw refused(act);
        }
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
     * Takes the lock, or returns false on a thread inside a call through a device, and on the driver's worker, where another
     * thread has the lock.
     */
    boolean lockOutside() {
        if (!set.lock.tryLock()) {
            if (inside()) {
                return false;
            }
            set.lock.lock();
        }
        return true;
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
