// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.List;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.info.RegionPart;

/**
 * A part of a file, such as a device's region, mapped as memory that the hardware or a peer shares. A window is unmapped when
 * it is unreachable, never before: {@link #close} takes the file's pages away at once and leaves others in their place.
 */
public final class Pages implements SharedMemory {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
    private static final long PAGE = 4096;
    private static final long FIRST_ERROR = -4095;

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

    /** A window stays mapped as long as its buffer or a view of it is reachable: static, since that must not keep this. */
    private static ByteBuffer window(SystemCalls calls, long start, int length) {
        ByteBuffer window = calls.mapped(start, length);
        CLEANER.register(window, () -> calls.munmap(start, length)); // the range of that buffer alone, which nobody has any more
        return window;
    }

    /**
     * Maps a part.
     *
     * @param offset a multiple of the page size
     * @param size in bytes, more than 0
     * @throws VfioException the errno of mmap(2)
     */
    static Pages of(SystemCalls calls, Fd fd, long offset, long size, boolean readable, boolean writable) {
        String act = "map " + size + " bytes at 0x" + Long.toHexString(offset) + " of " + fd.name();
        if (size <= 0) {
            throw new VfioException(Errno.EINVAL, act + ": that is no size");
        }
        int protection = (readable ? PROT_READ : 0) | (writable ? PROT_WRITE : 0);
        int number = fd.enter();
        try {
            return new Pages(calls, fd.name(), mapped(act, calls.mmap(0, size, protection, MAP_SHARED, number, offset)), size);
        } finally {
            fd.leave();
        }
    }

    /**
     * Maps parts, with all ones between them.
     *
     * @param parts within the size; each begins at a multiple of the page size
     * @throws VfioException EINVAL for a part outside; the errno of mmap(2)
     */
    static Pages of(SystemCalls calls, Fd fd, long offset, long size, List<RegionPart> parts, boolean readable,
            boolean writable) {
        String act = "map " + parts.size() + " parts of " + size + " bytes at 0x" + Long.toHexString(offset) + " of "
                + fd.name();
        if (size <= 0 || parts.stream().anyMatch(part -> part.offset() < 0 || part.size() <= 0
                || part.offset() % PAGE != 0 || part.size() > size - part.offset())) {
            throw new VfioException(Errno.EINVAL, act + ": they do not lie within");
        }
        int protection = (readable ? PROT_READ : 0) | (writable ? PROT_WRITE : 0);
        int number = fd.enter();
        long address = 0;
        try {
            address = mapped(act, calls.mmap(0, size, 0, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0));
            OnesPages.replace(calls, fd.name(), address, size);
            for (RegionPart part : parts) {
                // A part of the range above, which nobody else has yet.
                mapped(act, calls.mmap(address + part.offset(), part.size(), protection, MAP_SHARED | MAP_FIXED, number,
                        offset + part.offset()));
            }
            return new Pages(calls, fd.name(), address, size);
        } catch (VfioException e) {
            if (address != 0) {
                calls.munmap(address, size); // nobody has it
            }
            throw e;
        } finally {
            fd.leave();
        }
    }

    /** @param address what mmap(2) answered */
    static long mapped(String act, long address) {
        if (address < 0 && address >= FIRST_ERROR) {
            throw Kernel.failed(act, address);
        }
        return address;
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
     * Takes the file's pages away: from now on reads give all ones and writes go nowhere that anyone sees, in every window that
     * is still in use, and the file is not kept open by this.
     *
     * @throws VfioException ENOMEM and others where the kernel has no room for that; then nothing, or a part, is replaced, and
     *     it can be tried again
     */
    @Override
    public synchronized void close() {
        if (!replaced) {
            OnesPages.replace(calls, name, address, size);
            replaced = true;
            Reference.reachabilityFence(windows); // else the range could be unmapped, and be another's, meanwhile
        }
    }
}
