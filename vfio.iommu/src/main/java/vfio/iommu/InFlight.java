// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts the accesses of one device that are under way, so that whoever has taken memory away can await those that may still
 * see it. Accesses count by turns on two sides: those that begin later do not hold up who waits.
 */
final class InFlight {
    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
    /** Longs of two cache lines: the sides do not disturb each other. */
    private static final int APART = 16;
    private static final int SPINS = 200;
    private static final long PAUSE = 20_000;

    /** Null before the first access: most devices of a large host are never opened. */
    private volatile long[] counts;
    private volatile int turn;

    /** @return the side to {@link #leave} */
    int enter() {
        int side = ((turn & 1) + 1) * APART;
        long[] all = counts;
        COUNTS.getAndAdd(all == null ? made() : all, side, 1L);
        return side;
    }

    private synchronized long[] made() {
        if (counts == null) {
            counts = new long[3 * APART];
        }
        return counts;
    }

    void leave(int side) {
        COUNTS.getAndAdd(counts, side, -1L);
    }

    /**
     * Returns when every access that began before has ended. Both sides are awaited: an access may have read the turn long
     * before it counted itself.
     */
    synchronized void await() {
        if (counts == null) {
            return; // who makes them now begins after this
        }
        int active = turn & 1;
        awaitSide((2 - active) * APART);
        turn = active ^ 1;
        awaitSide((active + 1) * APART);
    }

    private void awaitSide(int side) {
        for (int i = 0; (long) COUNTS.getVolatile(counts, side) != 0; i++) {
            if (i < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(PAUSE);
            }
        }
    }
}
