// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import vfio.core.thread.Deadline;

/**
 * An eventfd in software: counts its signals until a program takes them, or hands them to its listeners. A counter works
 * until it is closed; any thread may call each of its methods, and a signal takes no lock.
 */
public final class EventCounter implements EventSignal, AutoCloseable {
    private final AtomicLong count = new AtomicLong();
    private final Set<Thread> waiting = ConcurrentHashMap.newKeySet();
    private final List<Listening> listeners = new CopyOnWriteArrayList<>();
    /** The threads that call listeners now. A signal that a listener itself gives is only counted: the calls must end. */
    private final Set<Thread> handing = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    @Override
    public void signal() {
        if (closed) {
            return;
        }
        count.incrementAndGet();
        if (!listeners.isEmpty()) {
            handOver();
        } else if (!waiting.isEmpty()) {
            waiting.forEach(LockSupport::unpark);
        }
    }

    /** Calls each listener once for all signals that were counted; a thread that calls listeners already does nothing. */
    private void handOver() {
        Thread me = Thread.currentThread();
        if (!handing.add(me)) {
            return;
        }
        try {
            if (count.getAndSet(0) != 0) {
                listeners.forEach(Listening::call);
            }
        } finally {
            handing.remove(me);
        }
    }

    /** Takes the signals since the last take and returns their number, 0 for none; does not wait. */
    public long take() {
        return count.getAndSet(0);
    }

    /**
     * Waits for the first signal, then takes the signals as {@link #take()} does.
     *
     * @return the number of signals; 0 where none came before {@code patience} was over, or before the close
     */
    public long take(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.in(patience);
        long taken = take();
        while (taken == 0 && await(deadline.left())) {
            taken = take(); // 0 where another thread was faster
        }
        return taken;
    }

    /**
     * Waits until there is a signal to take, and does not take the signal.
     *
     * @return false where no signal came before {@code patience} was over, or before the close
     */
    public boolean await(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.in(patience);
        Thread me = Thread.currentThread();
        waiting.add(me);
        try {
            while (count.get() == 0 && !closed) {
                long left = deadline.leftNanos();
                if (left <= 0) {
                    return false;
                }
                LockSupport.parkNanos(this, left);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
            return count.get() != 0;
        } finally {
            waiting.remove(me);
        }
    }

    /**
     * Hands signals to {@code onSignal} from now on in place of counting them, beginning with the signals that nobody has
     * taken. {@code onSignal} runs on the thread that signals. An exception of {@code onSignal} is logged; a signal that
     * {@code onSignal} gives to this counter is counted, and handed over with the next signal.
     *
     * @throws VfioException EBADF once the counter is closed
     */
    @Override
    public AutoCloseable listen(Runnable onSignal) {
        Listening listening = new Listening(onSignal);
        listeners.add(listening);
        if (closed) {
            listeners.clear();
            throw new VfioException(Errno.EBADF, "listen to an event counter: it is closed; make another");
        }
        handOver();
        return listening;
    }

    @Override
    public boolean usable() {
        return !closed;
    }

    /** Ends the counter: wakes the threads that wait, calls no listener any more, and drops each later signal. */
    @Override
    public void close() {
        closed = true;
        listeners.clear();
        waiting.forEach(LockSupport::unpark);
    }

    private final class Listening implements AutoCloseable {
        private final Runnable onSignal;
        private volatile boolean ended;

        Listening(Runnable onSignal) {
            this.onSignal = onSignal;
        }

        void call() {
            if (ended || closed) {
                return;
            }
            try {
                onSignal.run();
            } catch (Throwable e) { // a user's code may throw anything
                System.getLogger(EventCounter.class.getName()).log(System.Logger.Level.WARNING,
                        "a listener of an event counter threw " + Thrown.text(e));
            }
        }

        @Override
        public void close() {
            ended = true;
            listeners.remove(this);
        }
    }
}
