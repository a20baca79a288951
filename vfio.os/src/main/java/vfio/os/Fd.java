// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.info.RegionPart;

/**
 * A file descriptor that this object owns. Calls under way are counted: after {@link #close} no call begins, and the number is
 * given back to the kernel when the last has ended, so that it never means another file to anyone. Safe from any thread.
 */
public final class Fd implements AutoCloseable {
    private static final int CLOSED = Integer.MIN_VALUE;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int EINTR = Errno.EINTR.number();

    private final SystemCalls calls;
    private final int number;
    private final String name;
    /** Calls under way, and the sign once closed. */
    private final AtomicInteger uses = new AtomicInteger();

    Fd(SystemCalls calls, int number, String name) {
        this.calls = calls;
        this.number = number;
        this.name = name;
    }

    /** What it was opened on. */
    public String name() {
        return name;
    }

    public boolean isOpen() {
        return uses.get() >= 0;
    }

    /**
     * The number, for a call that this class does not have; it stays open until {@link #leave}.
     *
     * @throws VfioException EBADF once closed
     */
    public int enter() {
        if (uses.incrementAndGet() < 0) {
            leave();
            throw new VfioException(Errno.EBADF, "use " + name + ": it was closed; open it again");
        }
        return number;
    }

    /** Ends what {@link #enter} began. */
    public void leave() {
        if (uses.decrementAndGet() == CLOSED) {
            release();
        }
    }

    /** Once: the last who leaves takes the count below what others can reach. */
    private void release() {
        if (uses.compareAndSet(CLOSED, CLOSED + (1 << 30))) {
            calls.close(number); // an error leaves it closed too, see close(2)
        }
    }

    @Override
    public void close() {
        int before = uses.getAndUpdate(count -> count < 0 ? count : count + CLOSED);
        if (before == 0) {
            release();
        }
    }

    /**
     * An ioctl with a struct.
     *
     * @param act what is tried, for the sentence of an error
     * @return what the kernel answers, 0 or more
     * @throws VfioException EBADF once closed; else the kernel's errno
     */
    public int ioctl(String act, int request, NativeBytes struct) {
        return checked(act, tryIoctl(request, struct));
    }

    /** As {@link #ioctl(String, int, NativeBytes)} with a number, or with 0 for nothing. */
    public int ioctl(String act, int request, long value) {
        int fd = enter();
        try {
            return checked(act, calls.ioctl(fd, request, value));
        } finally {
            leave();
        }
    }

    /**
     * As {@link #ioctl(String, int, NativeBytes)}, for who has a use for the errno.
     *
     * @return what the kernel answers, or the errno with a minus before it
     */
    public int tryIoctl(int request, NativeBytes struct) {
        int fd = enter();
        try {
            return calls.ioctl(fd, request, struct);
        } finally {
            leave();
        }
    }

    /**
     * Reads at most {@code count} bytes to {@code start} of {@code target}.
     *
     * @return how many came, 0 at the end
     * @throws VfioException as {@link #ioctl(String, int, NativeBytes)}; EAGAIN where it does not block and none is there
     */
    public int read(NativeBytes target, int start, int count) {
        int fd = enter();
        try {
            int result = calls.read(fd, target, start, count);
            while (result == -EINTR) {
                result = calls.read(fd, target, start, count);
            }
            return checked("read", result);
        } finally {
            leave();
        }
    }

    /** As {@link #read}. */
    public int write(NativeBytes source, int start, int count) {
        int fd = enter();
        try {
            int result = calls.write(fd, source, start, count);
            while (result == -EINTR) {
                result = calls.write(fd, source, start, count);
            }
            return checked("write", result);
        } finally {
            leave();
        }
    }

    /** As {@link #read}, from a place of the file. */
    public int pread(NativeBytes target, int start, int count, long offset) {
        int fd = enter();
        try {
            int result = calls.pread(fd, target, start, count, offset);
            return result >= 0 ? result : checked("read at 0x" + Long.toHexString(offset), result);
        } finally {
            leave();
        }
    }

    /** As {@link #pread}. */
    public int pwrite(NativeBytes source, int start, int count, long offset) {
        int fd = enter();
        try {
            int result = calls.pwrite(fd, source, start, count, offset);
            return result >= 0 ? result : checked("write at 0x" + Long.toHexString(offset), result);
        } finally {
            leave();
        }
    }

    /** From now on a read that would wait answers EAGAIN. */
    public void nonBlocking() {
        int fd = enter();
        try {
            int flags = checked("get flags", calls.fcntl(fd, F_GETFL, 0));
            checked("set flags", calls.fcntl(fd, F_SETFL, flags | Kernel.NONBLOCK));
        } finally {
            leave();
        }
    }

    /** Maps a part of it, shared and close to use; see {@link Pages}. */
    public Pages map(long offset, long size, boolean readable, boolean writable) {
        return Pages.of(calls, this, offset, size, readable, writable);
    }

    /**
     * Maps parts of it with all ones between them, where nothing of it is; see {@link Pages}.
     *
     * @param parts pages within the size, apart from each other
     */
    public Pages map(long offset, long size, List<RegionPart> parts, boolean readable, boolean writable) {
        return Pages.of(calls, this, offset, size, parts, readable, writable);
    }

    int checked(String act, int result) {
        if (result < 0) {
            throw Kernel.failed(act + " of " + name, result);
        }
        return result;
    }

    @Override
    public String toString() {
        return name + (isOpen() ? "" : " (closed)");
    }
}
