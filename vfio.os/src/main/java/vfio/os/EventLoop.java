// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static vfio.os.internal.libc.HeaderNumbers.CLOEXEC;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import vfio.core.Errno;
import vfio.core.Thrown;
import vfio.core.VfioException;
import vfio.core.thread.DaemonThread;
import vfio.os.call.NativeBytes;
import vfio.os.call.SystemCalls;

/**
 * A loop that waits for many descriptors on one thread, by epoll. The thread runs, and descriptors of its own are open, while
 * a descriptor is registered.
 */
final class EventLoop {
    private static final int EPOLLIN = 1;
    private static final int CTL_ADD = 1;
    private static final int CTL_DEL = 2;
    private static final int AT_ONCE = 64;
    private static final long WAKE = 0;
    private static final NativeBytes ONE = NativeBytes.ofLong(1);

    private final SystemCalls calls;
    /** Null while nothing is registered. */
    private Running running;
    private long last;

    EventLoop(SystemCalls calls) {
        this.calls = calls;
    }

    /** The code that is called when a descriptor is ready to be read, or has hung up. */
    @FunctionalInterface
    interface Ready {
        /**
         * Reacts, on the loop's thread and shortly, since all other descriptors wait. Exceptions are logged.
         *
         * @param fd open until this returns
         */
        void ready(int fd);
    }

    /**
     * Calls {@code ready} whenever the descriptor has something to read.
     *
     * @return the registration: after its close no call begins; to be closed before the descriptor
     * @throws VfioException EBADF where the descriptor is closed; EPERM for a file that is always ready; ENOSPC, ENOMEM
     */
    AutoCloseable add(Fd fd, Ready ready) {
        synchronized (this) {
            if (running == null) {
                running = new Running();
            }
            Listening listening = new Listening(running, ++last, fd, ready);
            running.add(listening);
            return listening;
        }
    }

    /** One descriptor that is listened to. */
    private final class Listening implements AutoCloseable {
        private final Running of;
        private final long id;
        private final Fd fd;
        private final Ready ready;
        private volatile boolean ended;

        Listening(Running of, long id, Fd fd, Ready ready) {
            this.of = of;
            this.id = id;
            this.fd = fd;
            this.ready = ready;
        }

        void call() {
            if (ended) {
                return;
            }
            int number;
            try {
                number = fd.enter();
            } catch (VfioException closed) {
                return;
            }
            try {
                ready.ready(number);
            } catch (Throwable e) { // code of others may throw anything, and the other descriptors must still be served
                System.getLogger(EventLoop.class.getName()).log(System.Logger.Level.WARNING,
                        "what waits for " + fd.name() + " threw " + Thrown.text(e));
            } finally {
                fd.leave();
            }
        }

        @Override
        public void close() {
            ended = true;
            of.remove(this);
            stopIfUnused(of);
        }
    }

    private synchronized void stopIfUnused(Running unused) {
        if (running == unused && unused.listenings.isEmpty()) {
            running = null;
            unused.stop();
        }
    }

    /** The loop while it runs. */
    private final class Running implements Runnable {
        private final Fd epoll;
        private final Fd wake;
        private final Map<Long, Listening> listenings = new ConcurrentHashMap<>();

        Running() {
            epoll = new Fd(calls, Answers.succeeded("make an epoll", calls.epollCreate(CLOEXEC)), "epoll");
            int number = calls.eventfd(0, CLOEXEC);
            if (number < 0) {
                epoll.close();
                throw Answers.failed("make an eventfd", number);
            }
            wake = new Fd(calls, number, "eventfd of an epoll");
            control(CTL_ADD, wake, WAKE);
            DaemonThread.start("vfio-epoll", this);
        }

        private void control(int operation, Fd fd, long id) {
            int waiting = epoll.enter();
            try {
                int number = fd.enter();
                try {
                    Answers.succeeded("wait for " + fd.name(), calls.epollControl(waiting, operation, number, EPOLLIN, id));
                } finally {
                    fd.leave();
                }
            } finally {
                epoll.leave();
            }
        }

        void add(Listening listening) {
            listenings.put(listening.id, listening);
            try {
                control(CTL_ADD, listening.fd, listening.id);
            } catch (VfioException e) {
                listenings.remove(listening.id);
                stopIfUnused(this);
                throw e;
            }
        }

        void remove(Listening listening) {
            listenings.remove(listening.id);
            try {
                control(CTL_DEL, listening.fd, listening.id);
            } catch (VfioException e) {
                if (e.errno() != Errno.EBADF && e.errno() != Errno.ENOENT) { // both: a close has removed it
                    throw e;
                }
            }
        }

        /** Ends the thread, which closes the epoll and the eventfd. */
        void stop() {
            wake.write(ONE, 0, Long.BYTES);
        }

        @Override
        public void run() {
            NativeBytes events = NativeBytes.allocate(AT_ONCE * 16);
            long[] ids = new long[AT_ONCE];
            try (epoll; wake) {
                int number = epoll.enter();
                try {
                    while (dispatch(ids, calls.epollWait(number, events, ids, -1))) {
                        // until it is woken
                    }
                } finally {
                    epoll.leave();
                }
            }
        }

        private boolean dispatch(long[] ids, int ready) {
            if (ready < 0 && ready != -Errno.EINTR.number()) {
                throw Answers.failed("wait for events", ready);
            }
            boolean goOn = true;
            for (int i = 0; i < ready; i++) {
                Listening listening = listenings.get(ids[i]);
                if (listening != null) {
                    listening.call();
                }
                goOn &= ids[i] != WAKE;
            }
            return goOn;
        }
    }
}
