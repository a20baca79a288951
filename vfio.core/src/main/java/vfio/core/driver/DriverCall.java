// SPDX-License-Identifier: Apache-2.0
package vfio.core.driver;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import vfio.core.thread.Deadline;

/** One call of a driver: the call waits for its turn, and then has its time limit. */
final class DriverCall<T> extends FutureTask<T> {
    private enum State { WAITING, BEGUN, LEFT }

    private final String what;
    private final Duration limit;
    private final boolean mustCome;
    private final Deadline patienceEnds;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private volatile long since = System.nanoTime();

    /** Makes a call that is dropped when its caller has gone before the call's turn. */
    DriverCall(String what, Duration limit, Callable<T> call) {
        this(what, limit, Deadline.LONGEST, false, call);
    }

    /** Makes a call that also runs after its caller has gone; the caller goes after {@code patience} at the latest. */
    DriverCall(String what, Duration limit, Duration patience, Callable<T> call) {
        this(what, limit, patience, true, call);
    }

    /** Makes a call whose caller goes after {@code patience} at the latest; {@code mustCome} says whether it runs then. */
    DriverCall(String what, Duration limit, Duration patience, boolean mustCome, Callable<T> call) {
        super(call);
        this.what = what;
        this.limit = Deadline.bounded(limit);
        this.mustCome = mustCome;
        patienceEnds = Deadline.in(patience);
    }

    String what() {
        return what;
    }

    Duration limit() {
        return limit;
    }

    /**
     * Returns the nanoseconds until the call's turn should have come or, once the call has begun, until the call should be
     * over; 0 or less when late.
     */
    long left() {
        return since + limit.toNanos() - System.nanoTime();
    }

    /**
     * Returns the nanoseconds until the caller looks at the call again: {@link #left}, or less where the patience ends first.
     */
    long patience() {
        return Math.min(left(), patienceEnds.leftNanos());
    }

    boolean mustCome() {
        return mustCome;
    }

    boolean begun() {
        return state.get() == State.BEGUN;
    }

    /** Lets the caller go; returns false where the call's turn has just come. */
    boolean leave() {
        return mustCome ? !begun() : state.compareAndSet(State.WAITING, State.LEFT);
    }

    @Override
    public void run() {
        since = System.nanoTime();
        if (state.compareAndSet(State.WAITING, State.BEGUN)) {
            super.run();
        } else {
            cancel(false);
        }
    }
}
