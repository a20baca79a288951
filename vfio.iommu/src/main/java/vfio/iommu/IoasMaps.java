// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static vfio.core.iova.IovaRange.PAGE_OFFSET;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;
import vfio.core.iova.RangeTree;

/** The mappings of an {@link Ioas}, with the rules of iommufd's io_pagetable.c; all under the address space's lock. */
final class IoasMaps {
    private static final long LARGE_PAGE = 2L << 20;
    private static final List<IovaRange> ANYWHERE = List.of(new IovaRange(IovaRange.PAGE, -1L - IovaRange.PAGE));

    private final int id;
    final AddressSpace space;
    private boolean largePages = true;
    private boolean destroyed;

    IoasMaps(int id, LockedMemory limit) {
        this.id = id;
        space = new AddressSpace(limit);
    }

    /** Pins and maps; with any rights. */
    long insert(int permissions, boolean fixed, DmaBuffer buffer, long offset, long length, long iova) {
        return locked(() -> {
            long first = placed(fixed, iova, length, offset, "map");
            if ((offset & PAGE_OFFSET) != 0) {
                throw refused(Errno.EINVAL, "map", "the offset is no multiple of " + IovaRange.PAGE);
            }
            if (buffer == null) {
                throw refused(Errno.EFAULT, "map", "no memory is given");
            }
            boolean written = (permissions & Area.WRITE) != 0;
            PinnedPages pages = PinnedPages.pin(buffer, offset, length, written, space.limit);
            space.insert(new Area(first, first + length - 1, permissions, pages, 0));
            return first;
        });
    }

    private long placed(boolean fixed, long iova, long length, long offset, String act) {
        if (length == 0 || (length & PAGE_OFFSET) != 0 || fixed && (iova & PAGE_OFFSET) != 0) {
            throw refused(Errno.EINVAL, act, "length and iova must be multiples of " + IovaRange.PAGE + ", length not 0");
        }
        if (fixed) {
            checkFree(iova, length, act);
            return iova;
        }
        if (length < 0) {
            throw refused(Errno.EOVERFLOW, act, "the length is more than half of all addresses");
        }
        List<IovaRange> within = space.allowed().isEmpty() ? ANYWHERE : space.allowed();
        long found = space.place(within, length, alignment(length, offset));
        if (found == RangeTree.NONE) {
            throw refused(Errno.ENOSPC, act, "no room for " + length + " bytes; unmap some or allow more addresses");
        }
        return found;
    }

    /** As the memory is aligned, so that large pages could show it. */
    private static long alignment(long length, long offset) {
        long round = length == 1 ? 1 : Long.highestOneBit(length - 1) << 1;
        long natural = offset == 0 ? round : Math.min(round, Long.lowestOneBit(offset));
        return natural <= 0 ? LARGE_PAGE : Math.max(IovaRange.PAGE, Math.min(LARGE_PAGE, natural));
    }

    private void checkFree(long iova, long length, String act) {
        long last = iova + length - 1;
        if (Long.compareUnsigned(last, iova) < 0) {
            throw refused(Errno.EOVERFLOW, act, "the range runs past the last address");
        }
        if (!space.usable(iova, last)) {
            throw refused(Errno.EINVAL, act, new IovaRange(iova, last) + " reaches what is reserved");
        }
        RangeTree<Area> there = RangeTree.overlapping(space.areas(), iova, last);
        if (there != null) {
            throw refused(Errno.EEXIST, act, new IovaRange(there.first, there.last) + " is mapped; unmap it first");
        }
    }

    /** The areas of a range, cut to it, each holding its pages. */
    List<Area> shared(long from, long length) {
        long to = from + length - 1;
        return locked(() -> {
            List<Area> areas = space.between(from, to);
            if (!covers(areas, from, to)) {
                throw refused(Errno.ENOENT, "copy from", new IovaRange(from, to) + " is not mapped without a hole");
            }
            List<Area> pieces = new ArrayList<>();
            for (Area area : areas) {
                long first = Long.compareUnsigned(area.first, from) > 0 ? area.first : from;
                long last = Long.compareUnsigned(area.last, to) < 0 ? area.last : to;
                pieces.add(new Area(first, last, area.permissions, area.pages.share(), area.skip + (first - area.first)));
            }
            return pieces;
        });
    }

    long insert(int permissions, boolean fixed, List<Area> pieces, long from, long length, long iova) {
        return locked(() -> {
            Area head = pieces.get(0);
            long first = placed(fixed, iova, length, head.pages.offset + head.skip, "copy");
            if ((permissions & Area.WRITE) != 0 && pieces.stream().anyMatch(piece -> !piece.pages.writable)) {
                throw refused(Errno.EPERM, "copy", "the memory was mapped read-only; map it WRITEABLE first");
            }
            for (Area piece : pieces) {
                long start = first + (piece.first - from);
                space.insert(new Area(start, start + piece.size() - 1, permissions, piece.pages, piece.skip));
            }
            return first;
        });
    }

    /** Unmaps everything. */
    long clear() {
        locked(() -> true);
        return space.clear();
    }

    /** Whole mappings of a range; 0 where nothing is there. */
    long unmapWhole(long iova, long length) {
        long last = iova + length - 1;
        if (length == 0 || Long.compareUnsigned(last, iova) < 0) {
            throw refused(length == 0 ? Errno.EINVAL : Errno.EOVERFLOW, "unmap",
                    "the length is 0, or runs past the last address");
        }
        List<Area> gone = locked(() -> {
            List<Area> found = space.between(iova, last);
            for (Area area : found) {
                if (!new IovaRange(iova, last).contains(area.first, area.last)) {
                    throw refused(Errno.ENOENT, "unmap", "it would split " + new IovaRange(area.first, area.last));
                }
            }
            space.remove(found, () -> { });
            return found;
        });
        AddressSpace.release(gone);
        return AddressSpace.bytes(gone);
    }

    /** Whole mappings, or with large pages off any. */
    long unmap(long iova, long length) {
        return largePages() ? unmapWhole(iova, length) : cutAndUnmap(iova, length);
    }

    /** As {@link #unmapWhole}, but a mapping that reaches out is cut in two: what type 1 promises on an iommufd. */
    private long cutAndUnmap(long iova, long length) {
        if (length != 0 && ((iova | length) & PAGE_OFFSET) == 0 && Long.compareUnsigned(iova + length - 1, iova) >= 0) {
            locked(() -> {
                cut(iova);
                cut(iova + length);
                return null;
            });
        }
        return unmapWhole(iova, length);
    }

    /** Makes two of the area that has an address on both sides; what was written of it counts as all written. */
    private void cut(long second) {
        RangeTree<Area> found = second == 0 ? null : RangeTree.at(space.areas(), second);
        if (found == null || found.first == second) {
            return;
        }
        Area whole = found.value;
        Area low = new Area(whole.first, second - 1, whole.permissions, whole.pages, whole.skip);
        Area high = new Area(second, whole.last, whole.permissions, whole.pages.share(),
                whole.skip + (second - whole.first));
        space.exchange(whole, low, high);
    }

    /** Sets the bits of what a domain's devices have written from {@code iova} on. */
    void readDirty(Domain domain, boolean clear, long iova, long length, VfioBitmap bitmap) {
        String act = "get dirty pages";
        long last = iova + length - 1;
        if (length != 0 && Long.compareUnsigned(last, iova) < 0) {
            throw refused(Errno.EOVERFLOW, act, "the range runs past the last address");
        }
        long mask = bitmap == null || Long.bitCount(bitmap.pageSize()) != 1 ? -1L : bitmap.pageSize() - 1 | PAGE_OFFSET;
        if (length == 0 || ((iova | length) & mask) != 0) {
            throw refused(Errno.EINVAL, act, "iova and length must be multiples of the bitmap's page size and of "
                    + IovaRange.PAGE + ", length not 0");
        }
        if (bitmap.data().remaining() < DirtyBitmap.bytes(Long.divideUnsigned(length, bitmap.pageSize()))) {
            throw refused(Errno.EFAULT, act, "the bitmap is too small");
        }
        locked(() -> {
            List<Area> areas = space.between(iova, last);
            if (!domain.tracking() || !covers(areas, iova, last)) {
                throw refused(Errno.EINVAL, act, domain.tracking() ? "the range is not mapped without a hole"
                        : "they are not tracked; start that first");
            }
            for (Area area : areas) {
                long from = Long.compareUnsigned(area.first, iova) > 0 ? area.first : iova;
                long to = Long.compareUnsigned(area.last, last) < 0 ? area.last : last;
                domain.readDirty(area, from, to, clear, bitmap, iova);
            }
            return null;
        });
    }

    /** Whether areas, lowest first, leave no hole. */
    private static boolean covers(List<Area> areas, long from, long to) {
        long next = from;
        for (Area area : areas) {
            if (Long.compareUnsigned(area.first, next) > 0) {
                return false;
            }
            next = area.last + 1;
        }
        return !areas.isEmpty() && Long.compareUnsigned(areas.get(areas.size() - 1).last, to) >= 0;
    }

    /** Whether large pages are used (IOMMU_OPTION_HUGE_PAGES). */
    boolean largePages() {
        return locked(() -> largePages);
    }

    void largePages(boolean use) {
        locked(() -> {
            if (!use && largePages && !space.domains().isEmpty() && space.areas() != null) {
                throw refused(Errno.EINVAL, "switch large pages off", "something is mapped for a device");
            }
            largePages = use;
            return null;
        });
    }

    void destroy() {
        locked(() -> destroyed = true);
        space.clear();
    }

    <T> T locked(Supplier<T> work) {
        space.lock.lock();
        try {
            if (destroyed) {
                throw refused(Errno.ENOENT, "use", "it is destroyed");
            }
            return work.get();
        } finally {
            space.lock.unlock();
        }
    }

    VfioException refused(Errno errno, String act, String why) {
        return new VfioException(errno, act + " in IOAS " + id + ": " + why);
    }
}
