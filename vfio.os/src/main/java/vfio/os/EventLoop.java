// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import vfio.core.Errno;
import vfio.core.Thrown;
import vfio.core.VfioException;

/**
 * Waits for many descriptors on one thread, by epoll. The thread runs while something is registered, and holds no descriptor
 * otherwise.
 */
public final class EventLoop {
    private static final int CLOEXEC = 0x80000;
    private static final int EPOLLIN = 1;
    private static final int CTL_ADD = 1;
    private static final int CTL_DEL = 2;
    private static final int AT_ONCE = 64;
    private static final long WAKE = 0;

    private final SystemCalls calls;
    /** Null while nothing is registered. */
    private Running running;
    private long last;

    EventLoop(SystemCalls calls) {
        this.calls = calls;
    }

    /** What is done when a descriptor is ready to be read, or has hung up. */
    @FunctionalInterface
    public interface Ready {
        /**
         * Called on the loop's thread: short, since all others wait. What it throws is logged.
         *
         * @param fd open until this returns
         */
        void ready(int fd);
    }

    /**
     * Calls {@code ready} whenever there is something to read.
     *
     * @return ends that: no call comes after its close, one under way excepted; close it before the descriptor
     * @throws VfioException EBADF where it is closed; EPERM for a file that is always ready; ENOSPC, ENOMEM
     */
    public AutoCloseable add(Fd fd, Ready ready) {
        synchronized (this) {
            if (running == null) {
                running = new Running();
            }
            Registration registration = new Registration(running, ++last, fd, ready);
            running.add(registration);
            return registration;
        }
    }

    /** One descriptor that is waited for. */
    private final class Registration implements AutoCloseable {
        private final Running of;
        private final long id;
        private final Fd fd;
        private final Ready ready;
        private volatile boolean ended;

        Registration(Running of, long id, Fd fd, Ready ready) {
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
            } catch (Throwable e) { // what a user registered may throw anything, and the others must still be heard
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
        if (running == unused && unused.registrations.isEmpty()) {
            running = null;
            unused.stop();
        }
    }

    /** The loop while it runs. */
    private final class Running implements Runnable {
        private final Fd epoll;
        private final Fd wake;
        private final Map<Long, Registration> registrations = new ConcurrentHashMap<>();

        Running() {
            epoll = new Fd(calls, Kernel.succeeded("make an epoll", calls.epollCreate(CLOEXEC)), "epoll");
            int number = calls.eventfd(0, CLOEXEC);
            if (number < 0) {
                epoll.close();
                throw Kernel.failed("make an eventfd", number);
            }
            wake = new Fd(calls, number, "eventfd of an epoll");
            control(CTL_ADD, wake, WAKE);
            Thread thread = new Thread(this, "vfio-epoll");
            thread.setDaemon(true);
            thread.start();
        }

        private void control(int operation, Fd fd, long id) {
            int waiting = epoll.enter();
            try {
                int number = fd.enter();
                try {
                    Kernel.succeeded("wait for " + fd.name(), calls.epollControl(waiting, operation, number, EPOLLIN, id));
                } finally {
                    fd.leave();
                }
            } finally {
                epoll.leave();
            }
        }

        void add(Registration registration) {
            registrations.put(registration.id, registration);
            try {
                control(CTL_ADD, registration.fd, registration.id);
            } catch (VfioException e) {
                registrations.remove(registration.id);
                stopIfUnused(this);
                throw e;
            }
        }

        void remove(Registration registration) {
            registrations.remove(registration.id);
            try {
                control(CTL_DEL, registration.fd, registration.id);
            } catch (VfioException e) {
                if (e.errno() != Errno.EBADF && e.errno() != Errno.ENOENT) { // else it was closed, which removes it too
                    throw e;
                }
            }
        }

        /** The thread ends soon, and closes what it waits with. */
        void stop() {
            wake.write(EventFd.ONE, 0, Long.BYTES);
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
                throw Kernel.failed("wait for events", ready);
            }
            boolean goOn = true;
            for (int i = 0; i < ready; i++) {
                Registration registration = registrations.get(ids[i]);
                if (registration != null) {
                    registration.call();
                }
                goOn &= ids[i] != WAKE;
            }
            return goOn;
        }
    }
}
