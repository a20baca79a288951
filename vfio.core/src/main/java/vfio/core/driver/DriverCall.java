// SPDX-License-Identifier: Apache-2.0
package vfio.core.driver;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import vfio.core.thread.Deadline;

/** One call of a driver: it waits for its turn, then has its limit. */
final class DriverCall<T> extends FutureTask<T> {
    private enum State { WAITING, BEGUN, LEFT }

    private final String what;
    private final Duration limit;
    private final boolean mustCome;
    private final Deadline patienceEnds;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private volatile long since = System.nanoTime();

    /** A call that is not made when its caller has gone. */
    DriverCall(String what, Duration limit, Callable<T> call) {
        this(what, limit, Deadline.LONGEST, false, call);
    }

    /** A call that is made also when its caller has gone, which is so after {@code patience} at the latest. */
    DriverCall(String what, Duration limit, Duration patience, Callable<T> call) {
        this(what, limit, patience, true, call);
    }

    private DriverCall(String what, Duration limit, Duration patience, boolean mustCome, Callable<T> call) {
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

    /** Nanoseconds until its turn should have come or, once begun, until it should be over; 0 or less when late. */
    long left() {
        return since + limit.toNanos() - System.nanoTime();
    }

    /** Nanoseconds until its caller looks at it again: what is left, or less where the caller is in a hurry. */
    long patience() {
        return Math.min(left(), patienceEnds.leftNanos());
    }

    boolean mustCome() {
        return mustCome;
    }

    boolean begun() {
        return state.get() == State.BEGUN;
    }

    /** The caller goes; false where the turn has just come. */
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
