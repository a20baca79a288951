// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static vfio.os.internal.libc.HeaderNumbers.NONBLOCK;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.info.RegionPart;
import vfio.os.call.NativeBytes;
import vfio.os.call.SystemCalls;

/**
 * A file descriptor, owned by this object. Calls under way are counted: after {@link #close} no call begins, and the number
 * goes back to the kernel when the last call has ended, so that no call reaches another file by it. Safe from any thread.
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

    /** Returns the name of the file, for sentences. */
    public String name() {
        return name;
    }

    /** Tells whether the descriptor is not closed. */
    public boolean isOpen() {
        return uses.get() >= 0;
    }

    /**
     * Begins a call that this class does not have: the descriptor stays open until {@link #leave}.
     *
     * @return the descriptor's number
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

    /** Ends the call that {@link #enter} began. */
    public void leave() {
        if (uses.decrementAndGet() == CLOSED) {
            release();
        }
    }

    /** Gives the number back once: the first who comes here takes the count below what later calls can reach. */
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
     * Makes an ioctl with a struct.
     *
     * @param act what is tried, for the sentence of an error
     * @return the kernel's answer, 0 or more
     * @throws VfioException EBADF once closed; else the kernel's errno
     */
    public int ioctl(String act, int request, NativeBytes struct) {
        return checked(act, tryIoctl(request, struct));
    }

    /** Makes an ioctl with a number, 0 for none; otherwise as {@link #ioctl(String, int, NativeBytes)}. */
    public int ioctl(String act, int request, long value) {
        int fd = enter();
        try {
            return checked(act, calls.ioctl(fd, request, value));
        } finally {
            leave();
        }
    }

    /**
     * Makes an ioctl with a struct whose errno the caller looks at.
     *
     * @return the kernel's answer, or the errno with a minus before it
     * @throws VfioException EBADF once closed
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
     * @throws VfioException as {@link #ioctl(String, int, NativeBytes)}; EAGAIN where the read does not wait and
     *     no byte is there
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

    /** Writes at most {@code count} bytes from {@code start} of {@code source}; otherwise as {@link #read}. */
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

    /** Reads at an offset of the file; otherwise as {@link #read}. */
    public int pread(NativeBytes target, int start, int count, long offset) {
        int fd = enter();
        try {
            int result = calls.pread(fd, target, start, count, offset);
            return result >= 0 ? result : checked("read at 0x" + Long.toHexString(offset), result);
        } finally {
            leave();
        }
    }

    /** Writes at an offset of the file; otherwise as {@link #write}. */
    public int pwrite(NativeBytes source, int start, int count, long offset) {
        int fd = enter();
        try {
            int result = calls.pwrite(fd, source, start, count, offset);
            return result >= 0 ? result : checked("write at 0x" + Long.toHexString(offset), result);
        } finally {
            leave();
        }
    }

    /** Makes reads that would wait fail with EAGAIN from now on. */
    public void nonBlocking() {
        int fd = enter();
        try {
            int flags = checked("get flags", calls.fcntl(fd, F_GETFL, 0));
            checked("set flags", calls.fcntl(fd, F_SETFL, flags | NONBLOCK));
        } finally {
            leave();
        }
    }

    /**
     * Maps a part of the file, as memory that the hardware or a peer shares. The close of the memory takes the file's pages
     * away at once: windows that are still in use read all ones from then on, and what is written to them is private.
     *
     * @param offset in the file, a multiple of the page size
     * @param size in bytes, more than 0
     * @throws VfioException EBADF once closed; EINVAL for a size of 0 or less; the errno of mmap(2)
     */
    public SharedMemory map(long offset, long size, boolean readable, boolean writable) {
        int fd = enter();
        try {
            return Pages.of(calls, fd, name, offset, size, readable, writable);
        } finally {
            leave();
        }
    }

    /**
     * Maps parts of the file, with all ones between them, as {@link #map(long, long, boolean, boolean)}.
     *
     * @param offset in the file, a multiple of the page size
     * @param size in bytes, the gaps included
     * @param parts within the size, apart from each other; each begins at a multiple of the page size
     * @throws VfioException EBADF once closed; EINVAL for a part outside; the errno of mmap(2)
     */
    public SharedMemory map(long offset, long size, List<RegionPart> parts, boolean readable, boolean writable) {
        int fd = enter();
        try {
            return Pages.of(calls, fd, name, offset, size, parts, readable, writable);
        } finally {
            leave();
        }
    }

    int checked(String act, int result) {
        if (result < 0) {
            throw Answers.failed(act + " of " + name, result);
        }
        return result;
    }

    @Override
    public String toString() {
        return name + (isOpen() ? "" : " (closed)");
    }
}
