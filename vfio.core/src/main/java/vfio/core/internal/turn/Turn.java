// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.turn;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * A lock that is also held for an exchange of a driver, which takes longer than the calls that it is for. A thread that does
 * not wait for an exchange is refused meanwhile.
 */
public final class Turn extends ReentrantLock {
    private static final long serialVersionUID = 1L;
    /** The nanoseconds after which a thread that does not wait looks again at what the lock is held for. */
    private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(1);

    private volatile boolean exchanging;

    /**
     * Takes the lock.
     *
     * @param waits whether the calling thread waits for an exchange
     * @throws VfioException EAGAIN, of kind HELD, for a thread that does not wait, while the lock is held for an exchange
     */
    public void lock(boolean waits, String act) {
        if (!lockUnlessHeld(waits)) {
            throw new VfioException(VfioException.Kind.HELD, Errno.EAGAIN, act + ": a driver is being exchanged, and the user "
                    + "does not wait; try again when that is done");
        }
    }

    /** Takes the lock as {@link #lock(boolean, String)} does; returns false in place of its refusal. */
    public boolean lockUnlessHeld(boolean waits) {
        if (waits) {
            lock();
            return true;
        }
        boolean interrupted = false;
        boolean locked = tryLock();
        while (!locked && !exchanging) {
            try {
                locked = tryLock(LOOK, TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return locked;
    }

    /** Says whether the calling thread, which has the lock, holds it for an exchange. */
    public void exchanging(boolean is) {
        exchanging = is;
    }

    /** Tells whether the lock is held for an exchange. */
    public boolean exchanging() {
        return exchanging;
    }
}
