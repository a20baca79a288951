// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.iova.IovaRange;
import vfio.core.iova.RangeTree;

/**
 * Gives out addresses for the mappings of a container, lowest first, out of what its info says can be mapped. Addresses come
 * back by a free of the same size, which its user makes only after the unmap. Safe for any number of threads.
 */
final class IovaAllocator {
    private final List<IovaRange> ranges;
    private RangeTree<Boolean> taken;

    /** @param ranges what may be given out, lowest first, without overlap; address 0 never is */
    IovaAllocator(List<IovaRange> ranges) {
        this.ranges = List.copyOf(ranges);
    }

    /**
     * Takes a range.
     *
     * @param size in bytes, more than 0; multiples of 4096 are used up
     * @param alignment a power of two, at least 4096
     * @throws VfioException ENOSPC where there is no room; EINVAL for a size or alignment that is none
     */
    synchronized long allocate(long size, long alignment) {
        if (size <= 0 || size > Long.MAX_VALUE - IovaRange.PAGE || Long.bitCount(alignment) != 1
                || Long.compareUnsigned(alignment, IovaRange.PAGE) < 0) {
            throw new VfioException(Errno.EINVAL, "allocate " + size + " bytes of addresses aligned to " + alignment
                    + ": the size is not positive, or the alignment no power of two from 4096 on");
        }
        long length = rounded(size);
        for (IovaRange range : ranges) {
            long from = range.first() == 0 ? IovaRange.PAGE : range.first();
            long found = RangeTree.hole(taken, from, range.last(), length, alignment);
            if (found != RangeTree.NONE) {
                taken = RangeTree.with(taken, found, found + length - 1, true);
                return found;
            }
        }
        throw new VfioException(Errno.ENOSPC, "allocate " + size + " bytes of addresses: there is no room; free some");
    }

    /** @throws VfioException EINVAL where this was not allocated, or with another size */
    synchronized void free(long iova, long size) {
        RangeTree<Boolean> found = RangeTree.at(taken, iova);
        if (found == null || found.first != iova || found.last - found.first + 1 != rounded(size)) {
            throw new VfioException(Errno.EINVAL, "free " + size + " bytes of addresses at 0x" + Long.toHexString(iova)
                    + ": they were not allocated so; free what allocate gave, with its size");
        }
        taken = RangeTree.without(taken, iova);
    }

    private static long rounded(long size) {
        return (size + IovaRange.PAGE - 1) & -IovaRange.PAGE;
    }
}
