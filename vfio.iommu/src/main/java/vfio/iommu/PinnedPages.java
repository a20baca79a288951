// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;

/** A pinned part of a buffer, accounted once, however many areas show it. Let go of by its last user. */
final class PinnedPages {
    final DmaBuffer buffer;
    final long offset;
    /** Whether devices may ever write it. */
    final boolean writable;
    private final LockedMemory limit;
    /** What was charged for it; 0 once other pages have taken that over. */
    private volatile long charged;
    private int users = 1;

    private PinnedPages(DmaBuffer buffer, long offset, long size, boolean writable, LockedMemory limit) {
        this.buffer = buffer;
        this.offset = offset;
        charged = size;
        this.writable = writable;
        this.limit = limit;
    }

    /** @throws vfio.core.VfioException EFAULT, ENOMEM */
    static PinnedPages pin(DmaBuffer buffer, long offset, long size, boolean written, LockedMemory limit) {
        buffer.pin(offset, size, written);
        try {
            limit.charge(size);
        } catch (RuntimeException e) {
            buffer.unpin();
            throw e;
        }
        return new PinnedPages(buffer, offset, size, written, limit);
    }

    /**
     * As much of another place, which takes over what was charged; these are then released.
     *
     * @throws vfio.core.VfioException EFAULT
     */
    PinnedPages moved(DmaBuffer to, long toOffset) {
        to.pin(toOffset, charged, writable);
        PinnedPages next = new PinnedPages(to, toOffset, charged, writable, limit);
        charged = 0;
        return next;
    }

    /** One user more; only who is one already may add another. */
    synchronized PinnedPages share() {
        users++;
        return this;
    }

    private synchronized int leave() {
        return --users;
    }

    void release() {
        if (leave() == 0) {
            limit.release(charged);
            buffer.unpin();
        }
    }
}
