// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static vfio.os.internal.libc.HeaderNumbers.MAP_ANONYMOUS;
import static vfio.os.internal.libc.HeaderNumbers.MAP_FIXED;
import static vfio.os.internal.libc.HeaderNumbers.MAP_NORESERVE;
import static vfio.os.internal.libc.HeaderNumbers.MAP_PRIVATE;
import static vfio.os.internal.libc.HeaderNumbers.PROT_READ;
import static vfio.os.internal.libc.HeaderNumbers.PROT_WRITE;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.List;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.info.RegionPart;
import vfio.os.call.SystemCalls;

/**
 * The pages of a file's part, such as a device's region, mapped as memory that the hardware or a peer shares. A window is
 * unmapped when its buffer is unreachable, never before: {@link #close} takes the file's pages away at once and leaves others
 * in their place.
 */
final class Pages implements SharedMemory {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final int MAP_SHARED = 1;

    private final SystemCalls calls;
    private final String name;
    private final long address;
    private final long size;
    private final ByteBuffer[] windows;
    private boolean replaced;

    private Pages(SystemCalls calls, String name, long address, long size) {
        this.calls = calls;
        this.name = name;
        this.address = address;
        this.size = size;
        windows = new ByteBuffer[(int) ((size - 1) / WINDOW) + 1];
        for (int i = 0; i < windows.length; i++) {
            windows[i] = window(calls, address + i * WINDOW, (int) Math.min(WINDOW, size - i * WINDOW));
        }
    }

    /**
     * Makes a window that stays mapped as long as its buffer or a view of the buffer is reachable. The method is static,
     * since the cleaner must not keep these pages reachable.
     */
    private static ByteBuffer window(SystemCalls calls, long start, int length) {
        ByteBuffer window = calls.mapped(start, length);
        CLEANER.register(window, () -> calls.munmap(start, length)); // of this buffer alone, which is gone
        return window;
    }

    /**
     * Maps a part of a file.
     *
     * @param fd open until this returns
     * @param name of the file, for the sentence of an error
     * @param offset a multiple of the page size
     * @param size in bytes, more than 0
     * @throws VfioException the errno of mmap(2)
     */
    static Pages of(SystemCalls calls, int fd, String name, long offset, long size, boolean readable, boolean writable) {
        String act = "map " + size + " bytes at 0x" + Long.toHexString(offset) + " of " + name;
        if (size <= 0) {
            throw new VfioException(Errno.EINVAL, act + ": that is no size");
        }
        long address = calls.mmap(0, size, protection(readable, writable), MAP_SHARED, fd, offset);
        return new Pages(calls, name, Answers.address(act, address), size);
    }

    private static int protection(boolean readable, boolean writable) {
        return (readable ? PROT_READ : 0) | (writable ? PROT_WRITE : 0);
    }

    /**
     * Maps parts of a file, with all ones between them.
     *
     * @param fd open until this returns
     * @param name of the file, for the sentence of an error
     * @param parts within the size; each begins at a multiple of the page size
     * @throws VfioException EINVAL for a part outside; the errno of mmap(2)
     */
    static Pages of(SystemCalls calls, int fd, String name, long offset, long size, List<RegionPart> parts, boolean readable,
            boolean writable) {
        String act = "map " + parts.size() + " parts of " + size + " bytes at 0x" + Long.toHexString(offset) + " of " + name;
        if (size <= 0 || parts.stream().anyMatch(part -> part.offset() < 0 || part.size() <= 0
                || part.offset() % PAGE != 0 || part.size() > size - part.offset())) {
            throw new VfioException(Errno.EINVAL, act + ": they do not lie within");
        }
        int protection = protection(readable, writable);
        long address = Answers.address(act, calls.mmap(0, size, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
        try {
            OnesPages.replace(calls, name, address, size);
            for (RegionPart part : parts) {
                // A part of the range above, which no other code has yet.
                Answers.address(act, calls.mmap(address + part.offset(), part.size(), protection, MAP_SHARED | MAP_FIXED, fd,
                        offset + part.offset()));
            }
            return new Pages(calls, name, address, size);
        } catch (VfioException e) {
            calls.munmap(address, size); // no other code has the range
            throw e;
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public ByteBuffer window(int index) {
        return windows[index];
    }

    /**
     * Takes the file's pages away: from now on, in every window that is still in use, reads give all ones and writes reach
     * private pages; the pages no longer keep the file open.
     *
     * @throws VfioException ENOMEM and others where the kernel has no room for the new pages; then none or some of the pages
     *     are replaced, and the close can be tried again
     */
    @Override
    public synchronized void close() {
        if (!replaced) {
            OnesPages.replace(calls, name, address, size);
            replaced = true;
            Reference.reachabilityFence(windows); // else the range could be unmapped, and mapped by others, meanwhile
        }
    }
}
