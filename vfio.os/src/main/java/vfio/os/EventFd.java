// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.VfioException;
import vfio.os.call.NativeBytes;
import vfio.os.call.SystemCalls;

/** An eventfd: a counter that the kernel, another process or this program signals, and any of them waits for. */
public final class EventFd implements EventSignal, AutoCloseable {
    private static final int EAGAIN = Errno.EAGAIN.number();
    private static final NativeBytes ONE = NativeBytes.ofLong(1);

    private final SystemCalls calls;
    private final EventLoop loop;
    private final Fd fd;
    private final NativeBytes count = NativeBytes.allocate(Long.BYTES);

    EventFd(SystemCalls calls, EventLoop loop, Fd fd) {
        this.calls = calls;
        this.loop = loop;
        this.fd = fd;
    }

    /** Returns the descriptor, to be handed to the kernel or to a peer. */
    public Fd fd() {
        return fd;
    }

    /** Adds one to the count. A full count stays as it is, and still wakes who waits; a closed eventfd drops the signal. */
    @Override
    public void signal() {
        int number;
        try {
            number = fd.enter();
        } catch (VfioException closed) {
            return;
        }
        try {
            calls.write(number, ONE, 0, Long.BYTES);
        } finally {
            fd.leave();
        }
    }

    @Override
    public boolean usable() {
        return fd.isOpen();
    }

    /**
     * Returns the count since the last time, 0 for none, and sets it to 0; does not wait.
     *
     * @throws VfioException EBADF once closed
     */
    public synchronized long take() {
        int number = fd.enter();
        try {
            int result = calls.read(number, count, 0, Long.BYTES);
            if (result == -EAGAIN) {
                return 0;
            }
            fd.checked("read", result);
            return count.bytes().getLong(0);
        } finally {
            fd.leave();
        }
    }

    /** Calls {@code onSignal} after each signal, on the thread that waits for all descriptors: the call must be short. */
    @Override
    public AutoCloseable listen(Runnable onSignal) {
        NativeBytes taken = NativeBytes.allocate(Long.BYTES);
        return loop.add(fd, number -> {
            if (calls.read(number, taken, 0, Long.BYTES) == Long.BYTES) {
                onSignal.run();
            }
        });
    }

    @Override
    public void close() {
        fd.close();
    }
}
