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
 * An eventfd of software: counts its signals until a program takes them, or hands them to whoever listens. Lives until it is
 * closed; safe from any thread, and signalling it takes no lock.
 */
public final class EventCounter implements EventSignal, AutoCloseable {
    private final AtomicLong count = new AtomicLong();
    private final Set<Thread> waiting = ConcurrentHashMap.newKeySet();
    private final List<Listening> listeners = new CopyOnWriteArrayList<>();
    /** Those that call listeners now: what a listener signals in turn is only counted, or it would never end. */
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

    /** Several signals at once become one call. */
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

    /** Signals since the last take, 0 for none; does not wait. */
    public long take() {
        return count.getAndSet(0);
    }

    /**
     * As {@link #take}, and waits for the first signal.
     *
     * @return 0 where none came before {@code patience} was over, or before the close
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
     * Waits until there is a signal to take, and leaves it.
     *
     * @return false where none came before {@code patience} was over, or before the close
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
     * Hands signals to {@code onSignal} from now on, those that nobody took included, and counts none meanwhile. It is
     * called on the thread that signals; what it throws is logged, and what it signals here stays until the next signal.
     *
     * @throws VfioException EBADF once closed
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

    /** Ends it: who waits or listens hears no more of it, and what it is wired to drops its signals. */
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
