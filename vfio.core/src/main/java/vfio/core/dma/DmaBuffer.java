// SPDX-License-Identifier: Apache-2.0
package vfio.core.dma;

import java.nio.ByteBuffer;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.Mapping;

/**
 * A buffer: memory of a user that address spaces map. It lives as long as its user keeps it open or anything is mapped:
 * closing it with live mappings defers the free to the last unmap, which has awaited the devices' accesses.
 */
public final class DmaBuffer implements AutoCloseable {
    /** 64 TiB; more is refused. */
    private static final long LARGEST = 1L << 46;

    private final SharedMemory memory;
    private final ByteBuffer[] windows;
    private final Mapping view;
    private boolean readOnly;
    private boolean closed;
    private int mappings;

    /**
     * Makes a buffer of memory, which is closed with the buffer.
     *
     * @throws VfioException ENOMEM above 64 TiB; EFAULT where the memory is not off-heap or smaller than it states
     */
    public DmaBuffer(SharedMemory memory) {
        long size = memory.size();
        if (size <= 0 || size > LARGEST) {
            throw new VfioException(Errno.ENOMEM, "use " + size + " bytes for DMA: from 1 byte to 64 TiB can be mapped");
        }
        this.memory = memory;
        windows = new ByteBuffer[(int) ((size - 1) / SharedMemory.WINDOW) + 1];
        for (int i = 0; i < windows.length; i++) {
            windows[i] = memory.window(i);
            long expected = Math.min(SharedMemory.WINDOW, size - i * SharedMemory.WINDOW);
            if (windows[i] == null || !windows[i].isDirect() || windows[i].capacity() < expected) {
                throw new VfioException(Errno.EFAULT, "use memory for DMA: its window " + i
                        + " is on the heap or smaller than it states");
            }
            readOnly |= windows[i].isReadOnly();
        }
        view = new Mapping(memory);
    }

    /** Returns the size in bytes. */
    public long size() {
        return memory.size();
    }

    /** Returns the user's own view of the memory, which ends when the buffer is closed. */
    public Mapping view() {
        return view;
    }

    /** Returns how many mappings of address spaces use the buffer. */
    public synchronized int mappings() {
        return mappings;
    }

    /** Refuses new mappings from now on; the memory goes when the last mapping has gone. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            if (mappings > 0) {
                view.revoke();
                return;
            }
        }
        view.revoke();
        memory.close();
    }

    /**
     * Keeps the memory, for an address space that maps a part, until as many calls of {@link #unpin}, even where the buffer
     * is closed.
     *
     * @throws VfioException EFAULT where it is closed, too small, or cannot be written
     */
    public synchronized void pin(long offset, long size, boolean written) {
        if (closed) {
            throw new VfioException(Errno.EFAULT, "pin memory: the buffer is closed; open another");
        }
        if (offset < 0 || size < 0 || offset > memory.size() - size) {
            throw new VfioException(Errno.EFAULT, "pin " + Long.toUnsignedString(size) + " bytes at "
                    + Long.toUnsignedString(offset) + ": the buffer has " + memory.size() + " bytes");
        }
        if (written && readOnly) {
            throw new VfioException(Errno.EFAULT, "pin memory for writing: the buffer is read-only; map it with READ only");
        }
        mappings++;
    }

    /** Undoes one {@link #pin}, without a lock of an address space: the free may be anyone's code. */
    public void unpin() {
        synchronized (this) {
            if (--mappings > 0 || !closed) {
                return;
            }
        }
        memory.close();
    }

    /** Returns the window of a pinned position, for an address space; the position is there at {@link #inWindow}. */
    public ByteBuffer window(long position) {
        return windows[(int) (position >>> SharedMemory.WINDOW_SHIFT)];
    }

    /** Returns where a position lies in its window. */
    public static int inWindow(long position) {
        return (int) (position & (SharedMemory.WINDOW - 1));
    }
}
