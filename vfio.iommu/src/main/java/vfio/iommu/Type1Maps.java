// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static vfio.core.iova.IovaRange.PAGE_OFFSET;
import static vfio.iommu.Type1Request.checkMap;
import static vfio.iommu.Type1Request.checkTracked;
import static vfio.iommu.Type1Request.refused;
import static vfio.iommu.Type1Request.wraps;
import static vfio.iommu.VfioContainer.DIRTY_PAGES_GET_BITMAP;
import static vfio.iommu.VfioContainer.DIRTY_PAGES_START;
import static vfio.iommu.VfioContainer.DIRTY_PAGES_STOP;
import static vfio.iommu.VfioContainer.MAP_READ;
import static vfio.iommu.VfioContainer.MAP_VADDR;
import static vfio.iommu.VfioContainer.MAP_WRITE;
import static vfio.iommu.VfioContainer.UNMAP_ALL_FLAG;
import static vfio.iommu.VfioContainer.UNMAP_GET_DIRTY_BITMAP;
import static vfio.iommu.VfioContainer.UNMAP_VADDR;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;
import vfio.core.iova.IovaRange;
import vfio.core.iova.RangeTree;

/**
 * The mappings of a type1 container, with the rules of the kernel's vfio_iommu_type1. They begin when its IOMMU is set and
 * end when its last group leaves; between those everything is under the lock of the address space.
 */
final class Type1Maps {
    private static final int MAP_FLAGS = MAP_READ | MAP_WRITE | MAP_VADDR;
    private static final int UNMAP_FLAGS = UNMAP_GET_DIRTY_BITMAP | UNMAP_ALL_FLAG | UNMAP_VADDR;
    private static final int DIRTY_FLAGS = DIRTY_PAGES_START | DIRTY_PAGES_STOP | DIRTY_PAGES_GET_BITMAP;

    final AddressSpace space;
    final Domain domain;
    private final int entryLimit;
    private volatile boolean v2;
    private boolean active;
    private boolean emulated;
    private volatile int suspended;

    Type1Maps(LockedMemory limit, int entryLimit) {
        space = new AddressSpace(limit);
        domain = new Domain(space);
        space.add(domain);
        this.entryLimit = entryLimit;
    }

    void begin(boolean second) {
        locked(() -> {
            v2 = second;
            active = true;
        });
    }

    void end() {
        locked(() -> {
            active = false;
            suspended = 0;
            domain.track(false);
        });
        space.clear();
    }

    /** Says whether one of the devices has no IOMMU of its own. */
    void emulated(boolean now) {
        locked(() -> emulated = now);
    }

    private void locked(Runnable act) {
        space.lock.lock();
        try {
            act.run();
        } finally {
            space.lock.unlock();
        }
    }

    /** Mappings whose memory is being moved. */
    int suspended() {
        return suspended;
    }

    /** How many mappings can still be made. */
    int available() {
        return entryLimit - space.count();
    }

    private void lock() {
        space.lock.lock();
        if (!active) {
            space.lock.unlock();
            throw new VfioException(Errno.EINVAL, "map or unmap: the container has no IOMMU; set its type first");
        }
    }

    void map(int flags, DmaBuffer buffer, long offset, long iova, long size) {
        boolean moved = (flags & MAP_VADDR) != 0;
        if ((flags & ~MAP_FLAGS) != 0 || moved == ((flags & (MAP_READ | MAP_WRITE)) != 0)) {
            throw refused(Errno.EINVAL, "map", iova, size, "flags " + Integer.toHexString(flags)
                    + " are not READ, WRITE, both, or VADDR alone");
        }
        PinnedPages former = null;
        lock();
        try {
            checkMap(offset, iova, size);
            RangeTree<Area> there = RangeTree.overlapping(space.areas(), iova, iova + size - 1);
            if (moved) {
                former = move(there, buffer, offset, iova, size);
            } else {
                add(there, flags, buffer, offset, iova, size);
            }
        } finally {
            space.lock.unlock();
        }
        if (former != null) {
            former.release();
        }
    }

    private void add(RangeTree<Area> there, int flags, DmaBuffer buffer, long offset, long iova, long size) {
        if (there != null) {
            throw refused(Errno.EEXIST, "map", iova, size, new IovaRange(there.first, there.last)
                    + " is mapped already; unmap it first");
        }
        if (space.count() >= entryLimit) {
            throw refused(Errno.ENOSPC, "map", iova, size, "there are " + entryLimit
                    + " mappings already; unmap some, or map larger pieces");
        }
        if (!space.usable(iova, iova + size - 1)) {
            throw refused(Errno.EINVAL, "map", iova, size, "it reaches what is reserved; the IOMMU's info has the ranges");
        }
        if (buffer == null) {
            throw refused(Errno.EFAULT, "map", iova, size, "no memory is given");
        }
        if (domain.tracking()) {
            checkTracked(iova, size);
        }
        boolean written = (flags & MAP_WRITE) != 0;
        PinnedPages pages = PinnedPages.pin(buffer, offset, size, written, space.limit);
        space.insert(new Area(iova, iova + size - 1, flags, pages, 0));
    }

    private PinnedPages move(RangeTree<Area> there, DmaBuffer buffer, long offset, long iova, long size) {
        if (there == null) {
            throw refused(Errno.ENOENT, "move the memory of", iova, size, "nothing is mapped there");
        }
        Area area = there.value;
        if (!area.suspended || area.first != iova || area.last != iova + size - 1) {
            throw refused(Errno.EINVAL, "move the memory of", iova, size, new IovaRange(area.first, area.last)
                    + (area.suspended ? " is what is mapped" : " has a place that is good; unmap it with VADDR first"));
        }
        if (buffer == null) {
            throw refused(Errno.EFAULT, "move the memory of", iova, size, "no memory is given");
        }
        PinnedPages former = area.pages;
        area.pages = former.moved(buffer, offset);
        area.suspended = false;
        suspended = suspended - 1;
        space.quiesce();
        return former;
    }

    long unmap(int flags, long iova, long size, VfioBitmap bitmap) {
        boolean dirty = (flags & UNMAP_GET_DIRTY_BITMAP) != 0;
        if ((flags & ~UNMAP_FLAGS) != 0 || dirty && (flags != UNMAP_GET_DIRTY_BITMAP || bitmap == null)) {
            throw refused(Errno.EINVAL, "unmap", iova, size, "flags " + Integer.toHexString(flags)
                    + " are unknown, or exclude each other, or the bitmap is missing");
        }
        if (dirty) {
            bitmap.check("unmap", size);
        }
        List<Area> gone;
        lock();
        try {
            checkUnmap(flags, iova, size);
            if (dirty && (!domain.tracking() || bitmap.pageSize() != IovaRange.PAGE)) {
                throw refused(Errno.EINVAL, "unmap", iova, size, "dirty pages are of 4096 bytes, and told while tracked");
            }
            gone = whole(flags, iova, size);
            if ((flags & UNMAP_VADDR) != 0) {
                return suspend(gone, iova, size);
            }
            suspended = suspended - (int) gone.stream().filter(area -> area.suspended).count();
            space.remove(gone, dirty ? () -> readDirty(gone, iova, bitmap) : () -> { });
        } finally {
            space.lock.unlock();
        }
        AddressSpace.release(gone);
        return AddressSpace.bytes(gone);
    }

    private void checkUnmap(int flags, long iova, long size) {
        if ((flags & UNMAP_VADDR) != 0 && emulated) {
            throw refused(Errno.EBUSY, "unmap the memory of", iova, size, "a device without an IOMMU of its own uses it");
        }
        boolean wrong = (flags & UNMAP_ALL_FLAG) != 0 ? (iova | size) != 0
                : size == 0 || ((iova | size) & PAGE_OFFSET) != 0 || wraps(iova, size);
        if (wrong) {
            throw refused(Errno.EINVAL, "unmap", iova, size, "iova and size must be multiples of 4096, size not 0, both "
                    + "0 with ALL");
        }
    }

    /** What a request takes; v2 splits nothing, v1 takes nothing where it begins inside of a mapping. */
    private List<Area> whole(int flags, long iova, long size) {
        boolean all = (flags & UNMAP_ALL_FLAG) != 0;
        long last = all ? -1L : iova + size - 1;
        if (!all && v2) {
            refuseSplit("unmap", iova, last);
        }
        List<Area> found = space.between(iova, last);
        boolean inside = !all && !found.isEmpty() && Long.compareUnsigned(found.get(0).first, iova) < 0;
        return inside ? List.of() : found;
    }

    private void refuseSplit(String act, long first, long last) {
        RangeTree<Area> begin = RangeTree.at(space.areas(), first);
        RangeTree<Area> end = RangeTree.at(space.areas(), last);
        RangeTree<Area> split = begin != null && begin.first != first ? begin : end != null && end.last != last ? end : null;
        if (split != null) {
            throw refused(Errno.EINVAL, act, first, last - first + 1, "it would split "
                    + new IovaRange(split.first, split.last));
        }
    }

    private long suspend(List<Area> areas, long iova, long size) {
        if (areas.stream().anyMatch(area -> area.suspended)) {
            throw refused(Errno.EINVAL, "unmap the memory of", iova, size, "a part of it is unmapped so already");
        }
        areas.forEach(area -> area.suspended = true);
        suspended = suspended + areas.size();
        return AddressSpace.bytes(areas);
    }

    void dirtyPages(int flags, long iova, long size, VfioBitmap bitmap) {
        if (!v2) {
            throw refused(Errno.EACCES, "track dirty pages", iova, size, "set the IOMMU type TYPE1v2 for that");
        }
        if ((flags & ~DIRTY_FLAGS) != 0 || Integer.bitCount(flags) != 1) {
            throw refused(Errno.EINVAL, "track dirty pages", iova, size, "flags " + Integer.toHexString(flags)
                    + " are not one of START, STOP, GET_BITMAP");
        }
        if (flags == DIRTY_PAGES_GET_BITMAP) {
            getDirty(iova, size, bitmap);
            return;
        }
        lock();
        try {
            boolean start = flags == DIRTY_PAGES_START;
            if (start) {
                space.between(0, -1L).forEach(area -> checkTracked(area.first, area.size()));
            }
            if (start != domain.tracking()) {
                domain.track(start);
            }
        } finally {
            space.lock.unlock();
        }
    }

    private void getDirty(long iova, long size, VfioBitmap bitmap) {
        String act = "get dirty pages";
        if (bitmap == null || Long.compareUnsigned(iova + size, iova) < 0) {
            throw refused(Errno.EINVAL, act, iova, size, "the bitmap is missing, or the range runs past the last address");
        }
        bitmap.check(act, size);
        if (bitmap.pageSize() != IovaRange.PAGE || size == 0 || ((iova | size) & PAGE_OFFSET) != 0) {
            throw refused(Errno.EINVAL, act, iova, size, "pages, iova and size are of 4096 bytes, and size not 0");
        }
        lock();
        try {
            if (!domain.tracking()) {
                throw refused(Errno.EINVAL, act, iova, size, "they are not tracked; start that first");
            }
            refuseSplit(act, iova, iova + size - 1);
            List<Area> areas = space.between(iova, iova + size - 1);
            if (areas.isEmpty()) {
                throw refused(Errno.EINVAL, act, iova, size, "nothing is mapped there");
            }
            readDirty(areas, iova, bitmap);
        } finally {
            space.lock.unlock();
        }
    }

    private void readDirty(List<Area> areas, long base, VfioBitmap bitmap) {
        for (Area area : areas) {
            bitmap.clear(base, area.first, area.last);
            domain.readDirty(area, area.first, area.last, true, bitmap, base);
        }
    }
}
