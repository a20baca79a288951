// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.DmaSpace;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;
import vfio.os.call.NativeBytes;

/**
 * The memory that devices reach by one translation of the kernel; it stays until it is unmapped. The mappings are there from
 * the first device's open until the last device's file is closed: then the translation ends, and after it the memory is
 * freed.
 */
final class DmaMappings implements DmaSpace {
    private final Translation translation;
    /** The mappings by their first address. */
    private final NavigableMap<Long, Mapped> mapped = new TreeMap<>(Long::compareUnsigned);
    private boolean closed;

    private record Mapped(long size, DmaBuffer buffer) {
    }

    DmaMappings(Translation translation) {
        this.translation = translation;
    }

    @Override
    public synchronized List<IovaRange> usable() {
        ensureOpen("get the addresses that can be mapped");
        return translation.usable();
    }

    @Override
    public synchronized long alignment() {
        ensureOpen("get the alignment of what can be mapped");
        return translation.alignment();
    }

    private void ensureOpen(String act) {
        if (closed) {
            throw new VfioException(Errno.ENODEV, act + ": the last device of the address space was closed; open one again");
        }
    }

    @Override
    public void map(DmaBuffer buffer, long offset, long size, long iova, int access) {
        String act = "map 0x" + Long.toHexString(iova) + "+0x" + Long.toHexString(size);
        if (size <= 0 || (access & ~(READ | WRITE)) != 0 || Long.compareUnsigned(iova + size - 1, iova) < 0) {
            throw new VfioException(Errno.EINVAL, act + " for access " + access + ": give a size of more than 0 and an end "
                    + "below 2^64, and READ (1), WRITE (2) or both");
        }
        buffer.pin(offset, size, (access & WRITE) != 0);
        boolean done = false;
        try {
            mapPieces(act, buffer, offset, size, iova, access);
            done = true;
        } finally {
            if (!done) {
                buffer.unpin();
            }
        }
    }

    /** Maps a piece for each window of the buffer: all pieces, or none. */
    private synchronized void mapPieces(String act, DmaBuffer buffer, long offset, long size, long iova, int access) {
        ensureOpen(act);
        long done = 0;
        try {
            while (done < size) {
                long at = offset + done;
                ByteBuffer window = buffer.window(at);
                long inWindow = at % SharedMemory.WINDOW;
                long piece = Math.min(size - done, SharedMemory.WINDOW - inWindow);
                translation.map(NativeBytes.at(window).address() + inWindow, iova + done, piece, access);
                done += piece;
            }
        } catch (VfioException e) {
            if (done > 0) {
                translation.unmap(iova, done);
            }
            throw advised(e);
        }
        mapped.put(iova, new Mapped(size, buffer));
    }

    private VfioException advised(VfioException e) {
        String advice = switch (e.errno()) {
            case EINVAL -> "; memory, address and size must be multiples of " + translation.alignment()
                    + ", and the addresses among " + translation.usable();
            case EEXIST -> "; something is mapped there, unmap it first";
            case ENOMEM -> "; raise the limit of locked memory (ulimit -l), or give this program CAP_IPC_LOCK";
            case ENOSPC -> "; there are too many mappings, see dma_entry_limit of module vfio_iommu_type1";
            default -> "";
        };
        return new VfioException(e.errno(), e.sentence() + advice, e);
    }

    @Override
    public void unmap(long iova, long size) {
        remove(iova, size).unpin(); // without the lock, since the free may be code of others
    }

    private synchronized DmaBuffer remove(long iova, long size) {
        String act = "unmap 0x" + Long.toHexString(iova) + "+0x" + Long.toHexString(size);
        ensureOpen(act);
        Mapped found = mapped.get(iova);
        if (found == null || found.size != size) {
            String there = found == null ? "nothing was" : "0x" + Long.toHexString(found.size) + " bytes were";
            throw new VfioException(Errno.ENOENT,
                    act + ": " + there + " mapped there; unmap what one map has mapped, with its size");
        }
        long done = translation.unmap(iova, size);
        if (done != size) {
            throw new VfioException(Errno.EIO, act + ": the kernel unmapped " + done + " bytes; the memory stays until the "
                    + "last device is closed");
        }
        mapped.remove(iova);
        return found.buffer;
    }

    @Override
    public synchronized void logDirtyPages(boolean on) {
        ensureOpen("log dirty pages");
        translation.logDirtyPages(on);
    }

    @Override
    public synchronized DirtyBitmap dirtyPages(long iova, long size) {
        ensureOpen("read dirty pages");
        return translation.dirtyPages(iova, size);
    }

    /**
     * Unmaps everything, once the devices' files are closed.
     *
     * @return frees the memory; to be run without a lock, since the free may be code of others
     */
    Runnable end() {
        List<Mapped> left;
        synchronized (this) {
            closed = true;
            translation.close();
            left = new ArrayList<>(mapped.values());
            mapped.clear();
        }
        return () -> left.forEach(one -> one.buffer.unpin());
    }
}
