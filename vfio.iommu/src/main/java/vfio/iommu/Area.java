// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

/** One mapping: addresses of a device, and the memory they stand for. */
final class Area {
    static final int READ = 1;
    static final int WRITE = 2;

    final long first;
    final long last;
    final int permissions;
    /** Where in the pages the area begins. */
    final long skip;
    /** Exchanged where the user moves the memory (type1's VADDR). */
    volatile PinnedPages pages;
    /** The user has said that its address is no longer good; under the address space's lock. */
    boolean suspended;

    Area(long first, long last, int permissions, PinnedPages pages, long skip) {
        this.first = first;
        this.last = last;
        this.permissions = permissions;
        this.pages = pages;
        this.skip = skip;
    }

    /** Bytes; an area has never all 2^64. */
    long size() {
        return last - first + 1;
    }

    /** Where {@code iova} lies in the buffer of {@code of}, which are this area's pages. */
    long position(PinnedPages of, long iova) {
        return of.offset + skip + (iova - first);
    }
}
