// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.owner;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.DmaSpace;
import vfio.core.iova.IovaRange;
import vfio.pci.core.bus.DmaAccess;

/**
 * The address space of a raw function whose driver uses the function itself: the kernel's default domain of a device. No user
 * of VFIO shares it, since a group with such a function is not viable. An unmap waits for the accesses under way.
 */
final class OwnerSpace implements DmaSpace, DmaAccess {
    private static final long LAST = (1L << 48) - 1;

    private final NavigableMap<Long, Mapped> mapped = new TreeMap<>();
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    private record Mapped(DmaBuffer buffer, long offset, long size, int access) {
    }

    @Override
    public List<IovaRange> usable() {
        return List.of(new IovaRange(0, LAST));
    }

    @Override
    public long alignment() {
        return IovaRange.PAGE;
    }

    @Override
    public void map(DmaBuffer buffer, long offset, long size, long iova, int access) {
        buffer.pin(offset, size, (access & WRITE) != 0);
        lock.writeLock().lock();
        try {
            mapped.put(iova, new Mapped(buffer, offset, size, access));
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override
    public void unmap(long iova, long size) {
        Mapped gone;
        lock.writeLock().lock();
        try {
            gone = mapped.remove(iova);
        } finally {
            lock.writeLock().unlock();
        }
        if (gone == null) {
            throw new VfioException(Errno.ENOENT, "unmap 0x" + Long.toHexString(iova) + ": nothing is mapped there");
        }
        gone.buffer.unpin();
    }

    @Override
    public void read(long iova, ByteBuffer target) {
        transfer(iova, target, READ);
    }

    @Override
    public void write(long iova, ByteBuffer source) {
        transfer(iova, source, WRITE);
    }

    private void transfer(long iova, ByteBuffer bytes, int access) {
        lock.readLock().lock();
        try {
            long at = iova;
            while (bytes.hasRemaining()) {
                at += piece(at, bytes, access);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Moves the bytes that lie in one mapping and one window; returns their number. */
    private int piece(long iova, ByteBuffer bytes, int access) {
        Map.Entry<Long, Mapped> found = mapped.floorEntry(iova);
        long inside = found == null ? 0 : iova - found.getKey();
        if (found == null || inside >= found.getValue().size || (found.getValue().access & access) == 0) {
            throw new VfioException(Errno.EFAULT, (access == READ ? "read" : "write") + " memory at 0x"
                    + Long.toHexString(iova) + " as a bus master: nothing is mapped there for that");
        }
        Mapped here = found.getValue();
        long position = here.offset + inside;
        ByteBuffer window = here.buffer.window(position);
        int from = DmaBuffer.inWindow(position);
        long room = Math.min(here.size - inside, window.capacity() - from);
        int length = (int) Math.min(room, bytes.remaining());
        if (access == WRITE) {
            window.put(from, bytes, bytes.position(), length);
        } else {
            bytes.put(bytes.position(), window, from, length);
        }
        bytes.position(bytes.position() + length);
        return length;
    }
}
