// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;
import java.util.function.UnaryOperator;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.LockedMemory;
import vfio.core.iova.IovaRange;
import vfio.core.iova.RangeTree;

/**
 * An address space: its areas, the addresses that it must leave free, and the domains that show it to devices. It lives as
 * long as its container or IOAS.
 *
 * <p>Locks, in this order: the {@link IommuLock}, that of one address space, an endpoint's wait for its accesses, a buffer's.
 * Devices take none of them: they look an address up optimistically, and again where the tree has changed meanwhile. A
 * thread that takes an area away changes the tree, awaits the accesses that may have found the area, and only then lets go of
 * the memory.
 */
final class AddressSpace {
    private static final int TRIES = 100;

    final ReentrantLock lock = new ReentrantLock();
    final LockedMemory limit;
    private final List<Domain> domains = new CopyOnWriteArrayList<>();
    private final Map<Object, List<IovaRange>> reserved = new HashMap<>();
    private volatile List<IovaRange> usable = List.of(IovaRange.ALL);
    /** Where an allocation may go; empty for anywhere. */
    private List<IovaRange> allowed = List.of();
    /** Guards changes of the tree against {@link #find}. */
    private final StampedLock changes = new StampedLock();
    private RangeTree<Area> areas;
    private volatile int count;

    AddressSpace(LockedMemory limit) {
        this.limit = limit;
    }

    /** Under the lock. */
    RangeTree<Area> areas() {
        return areas;
    }

    /** Returns how many areas there are. */
    int count() {
        return count;
    }

    /** Returns the area of an address or null, for devices: without the lock, unless the tree changes all the time. */
    Area find(long iova) {
        for (int i = 0; i < TRIES; i++) {
            long stamp = changes.tryOptimisticRead();
            if (stamp != 0) {
                RangeTree<Area> found = RangeTree.at(areas, iova);
                if (changes.validate(stamp)) {
                    return found == null ? null : found.value;
                }
            }
            Thread.onSpinWait();
        }
        long stamp = changes.readLock();
        try {
            RangeTree<Area> found = RangeTree.at(areas, iova);
            return found == null ? null : found.value;
        } finally {
            changes.unlockRead(stamp);
        }
    }

    private void change(UnaryOperator<RangeTree<Area>> act) {
        long stamp = changes.writeLock();
        try {
            areas = act.apply(areas);
        } finally {
            changes.unlockWrite(stamp);
        }
        count = RangeTree.count(areas);
    }

    /** Returns the addresses that are not reserved, lowest first. */
    List<IovaRange> usable() {
        return usable;
    }

    boolean usable(long first, long last) {
        for (IovaRange range : usable) { // no stream: each map asks
            if (range.contains(first, last)) {
                return true;
            }
        }
        return false;
    }

    void add(Domain domain) {
        domains.add(domain);
    }

    void remove(Domain domain) {
        domains.remove(domain);
    }

    List<Domain> domains() {
        return domains;
    }

    /**
     * Keeps ranges free for as long as {@code owner} is here.
     *
     * @throws VfioException {@code conflict} where one of them is mapped or was allowed
     */
    void reserve(Object owner, List<IovaRange> ranges, Errno conflict) {
        lock.lock();
        try {
            for (IovaRange range : ranges) {
                RangeTree<Area> taken = RangeTree.overlapping(areas, range.first(), range.last());
                if (taken != null) {
                    throw new VfioException(conflict, "attach a group: the device cannot reach " + range + ", and "
                            + new IovaRange(taken.first, taken.last) + " is mapped; unmap it first");
                }
                if (allowed.stream().anyMatch(kept -> kept.overlaps(range.first(), range.last()))) {
                    throw new VfioException(conflict, "attach a group: the device cannot reach " + range
                            + ", which was allowed; allow other addresses first");
                }
            }
            reserved.put(owner, ranges);
            recount();
        } finally {
            lock.unlock();
        }
    }

    void unreserve(Object owner) {
        lock.lock();
        try {
            reserved.remove(owner);
            recount();
        } finally {
            lock.unlock();
        }
    }

    private void recount() {
        usable = IovaRange.without(reserved.values().stream().flatMap(List::stream).toList());
    }

    /** Under the lock. */
    void insert(Area area) {
        change(tree -> RangeTree.with(tree, area.first, area.last, area));
    }

    /** The areas with an address from {@code from} to {@code to}, lowest first; under the lock. */
    List<Area> between(long from, long to) {
        List<Area> found = new ArrayList<>();
        for (RangeTree<Area> at = RangeTree.overlapping(areas, from, to); at != null; at = RangeTree.next(areas, at, to)) {
            found.add(at.value);
        }
        return found;
    }

    /**
     * Takes areas away, under the lock. When this returns no device reaches them; {@link #release} then lets go.
     *
     * @param last what to do before the marks of written pages go
     */
    void remove(List<Area> gone, Runnable last) {
        if (gone.isEmpty()) {
            return;
        }
        if (gone.size() == count) {
            change(tree -> null);
        } else {
            gone.forEach(area -> change(tree -> RangeTree.without(tree, area.first)));
        }
        quiesce();
        last.run();
        domains.forEach(domain -> gone.forEach(domain::forget));
    }

    /** Two areas in place of one, at once; under the lock. Where writes are tracked both count as written. */
    void exchange(Area whole, Area low, Area high) {
        change(tree -> {
            RangeTree<Area> rest = RangeTree.with(RangeTree.without(tree, whole.first), low.first, low.last, low);
            return RangeTree.with(rest, high.first, high.last, high);
        });
        quiesce();
        domains.forEach(domain -> domain.exchange(whole, low, high));
    }

    void quiesce() {
        domains.forEach(Domain::quiesce);
    }

    /** Lets go of the memory of areas that were removed, without the lock. */
    static void release(List<Area> gone) {
        gone.forEach(area -> area.pages.release());
    }

    /** Removes and releases everything. */
    long clear() {
        List<Area> gone;
        lock.lock();
        try {
            gone = between(0, -1L);
            remove(gone, () -> { });
        } finally {
            lock.unlock();
        }
        release(gone);
        return bytes(gone);
    }

    static long bytes(List<Area> areas) {
        return areas.stream().mapToLong(Area::size).sum();
    }

    /** Under the lock. */
    List<IovaRange> allowed() {
        return allowed;
    }

    /** @throws VfioException EADDRINUSE where one of them is reserved */
    void allow(List<IovaRange> ranges) {
        lock.lock();
        try {
            for (IovaRange range : ranges) {
                if (!usable(range.first(), range.last())) {
                    throw new VfioException(Errno.EADDRINUSE, "allow " + range + ": part of it is reserved for a device");
                }
            }
            allowed = List.copyOf(ranges);
        } finally {
            lock.unlock();
        }
    }

    /** The lowest aligned free place of {@code length} bytes within ranges, or {@link RangeTree#NONE}; under the lock. */
    long place(List<IovaRange> within, long length, long alignment) {
        for (IovaRange range : within) {
            for (IovaRange free : usable) {
                if (free.overlaps(range.first(), range.last())) {
                    long from = Long.compareUnsigned(range.first(), free.first()) > 0 ? range.first() : free.first();
                    long to = Long.compareUnsigned(range.last(), free.last()) < 0 ? range.last() : free.last();
                    long found = RangeTree.hole(areas, from, to, length, alignment);
                    if (found != RangeTree.NONE) {
                        return found;
                    }
                }
            }
        }
        return RangeTree.NONE;
    }
}
