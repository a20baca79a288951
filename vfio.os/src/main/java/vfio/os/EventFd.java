// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.VfioException;

/** An eventfd: what the kernel, another process or this program signals, and any of them waits for. */
public final class EventFd implements EventSignal, AutoCloseable {
    private static final int EAGAIN = Errno.EAGAIN.number();
    /** What a signal adds. */
    static final NativeBytes ONE = one();

    private final Kernel kernel;
    private final Fd fd;
    private final NativeBytes count = NativeBytes.allocate(Long.BYTES);

    EventFd(Kernel kernel, Fd fd) {
        this.kernel = kernel;
        this.fd = fd;
    }

    private static NativeBytes one() {
        NativeBytes one = NativeBytes.allocate(Long.BYTES);
        one.bytes().putLong(0, 1);
        return one;
    }

    /** To hand to the kernel or to a peer. */
    public Fd fd() {
        return fd;
    }

    /** Adds one to what it counts. A counter that is full is signalled anyhow, and one that is closed drops it. */
    @Override
    public void signal() {
        int number;
        try {
            number = fd.enter();
        } catch (VfioException closed) {
            return;
        }
        try {
            kernel.calls().write(number, ONE, 0, Long.BYTES);
        } finally {
            fd.leave();
        }
    }

    @Override
    public boolean usable() {
        return fd.isOpen();
    }

    /**
     * What it counted since the last time, 0 for none; does not wait.
     *
     * @throws VfioException EBADF once closed
     */
    public synchronized long take() {
        int number = fd.enter();
        try {
            int result = kernel.calls().read(number, count, 0, Long.BYTES);
            if (result == -EAGAIN) {
                return 0;
            }
            fd.checked("read", result);
            return count.bytes().getLong(0);
        } finally {
            fd.leave();
        }
    }

    /** On the kernel's event loop, where what is called must be short. */
    @Override
    public AutoCloseable listen(Runnable onSignal) {
        NativeBytes taken = NativeBytes.allocate(Long.BYTES);
        return kernel.loop().add(fd, number -> {
            if (kernel.calls().read(number, taken, 0, Long.BYTES) == Long.BYTES) {
                onSignal.run();
            }
        });
    }

    @Override
    public void close() {
        fd.close();
    }
}
