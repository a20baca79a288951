// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.DmaSpace;
import vfio.core.iova.IovaRange;

/**
 * The supply of one open function with memory for DMA: gives out memory and addresses, and takes both back. It ends with the
 * function.
 */
final class DmaSupply implements AutoCloseable {
    /** The errnos of an unmap whose address space, and with it every mapping, has gone. */
    private static final Set<Errno> GONE = Set.of(Errno.ENODEV, Errno.ENOENT, Errno.EBADF);

    private final String function;
    private final Supplier<DmaSpace> source;
    private final SharedMemory.Source memory;
    private final Set<DmaMemory> live = new LinkedHashSet<>();
    /** Null until the first memory. */
    private DmaSpace space;
    private IovaAllocator addresses;
    private long highest = -1L;
    private boolean closed;

    DmaSupply(String function, Supplier<DmaSpace> source, SharedMemory.Source memory) {
        this.function = function;
        this.source = source;
        this.memory = memory;
    }

    synchronized void mask(int bits) {
        if (bits < 1 || bits > Long.SIZE) {
            throw new VfioException(Errno.EINVAL, "set a DMA mask of " + bits + " bits for " + function + ": from 1 to 64");
        }
        highest = -1L >>> Long.SIZE - bits;
    }

    synchronized DmaMemory allocate(long size) {
        String act = "map " + size + " bytes for DMA of " + function;
        if (closed) {
            throw new VfioException(Errno.ENODEV, act + ": it was closed; open it again");
        }
        if (space == null) {
            DmaSpace found = source.get();
            addresses = new IovaAllocator(found.usable());
            space = found;
        }
        long alignment = Math.max(IovaRange.PAGE, space.alignment());
        if (size < 1 || size > Long.MAX_VALUE - alignment) {
            throw new VfioException(Errno.EINVAL, act + ": that is no size");
        }
        DmaBuffer buffer = new DmaBuffer(memory.allocate("vfio-dma " + function, size + alignment - 1 & -alignment));
        try {
            DmaMemory made = new DmaMemory(this::release, buffer, map(act, buffer, alignment));
            live.add(made);
            return made;
        } catch (RuntimeException e) {
            buffer.close();
            throw e;
        }
    }

    /**
     * Maps a buffer, and returns its address. Other functions may share the address space: an address that one of them uses
     * is left alone.
     */
    private long map(String act, DmaBuffer buffer, long alignment) {
        while (true) {
            long iova = addresses.allocate(buffer.size(), alignment);
            try {
                if (Long.compareUnsigned(iova + buffer.size() - 1, highest) > 0) {
                    throw new VfioException(Errno.ENOSPC, act + ": no address up to 0x" + Long.toHexString(highest)
                            + ", its DMA mask, is free; close some");
                }
                space.map(buffer, 0, buffer.size(), iova, DmaSpace.READ | DmaSpace.WRITE);
                return iova;
            } catch (VfioException e) {
                if (e.errno() != Errno.EEXIST) {
                    addresses.free(iova, buffer.size());
                    throw e;
                }
            }
        }
    }

    /** Takes memory away from the function; its address is given out again only when it is unmapped. */
    synchronized void release(DmaMemory memory) {
        if (!live.contains(memory)) {
            return;
        }
        long size = memory.size();
        try {
            space.unmap(memory.iova(), size);
            addresses.free(memory.iova(), size);
        } catch (VfioException e) {
            if (!GONE.contains(e.errno())) {
                throw e;
            }
        }
        live.remove(memory);
        memory.buffer().close();
    }

    /**
     * Gives all memory back after the device was closed; memory that cannot be unmapped even then is freed when its last
     * mapping goes.
     */
    @Override
    public synchronized void close() {
        closed = true;
        for (DmaMemory memory : List.copyOf(live)) {
            try {
                release(memory);
            } catch (VfioException e) {
                System.getLogger(DmaSupply.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
                memory.buffer().close();
            }
        }
        live.clear();
    }
}
