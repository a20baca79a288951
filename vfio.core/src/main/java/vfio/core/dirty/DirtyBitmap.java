// SPDX-License-Identifier: Apache-2.0
package vfio.core.dirty;

import java.nio.ByteBuffer;
import java.util.BitSet;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * A bit for each page of a range: whether the device has written it. A driver sets bits of one it is given; a user reads one
 * that is a report, which does not change any more.
 */
public final class DirtyBitmap {
    /** The smallest page that a report can be asked for, in bytes. */
    public static final long LEAST_PAGE = 4096;

    private final IovaRange range;
    private final long pageSize;
    private final int pages;
    private final BitSet dirty = new BitSet();

    /**
     * @param pageSize in bytes, whatever the device logs by
     * @throws VfioException EINVAL where the page size is below 4096 or no power of two, or the length is 0; EOVERFLOW where
     *     the addresses do not fit 64 bits; E2BIG where there are more than 2^31 - 1 pages
     */
    public DirtyBitmap(long iova, long length, long pageSize) {
        this.pageSize = pageSize;
        range = new IovaRange(iova, length);
        if (Long.compareUnsigned(pageSize, LEAST_PAGE) < 0 || Long.bitCount(pageSize) != 1) {
            throw refused(Errno.EINVAL, "the page size must be a power of two from 4096 on");
        }
        if (range.overflows()) {
            throw refused(Errno.EOVERFLOW, "the addresses do not fit 64 bits");
        }
        if (length == 0) {
            throw refused(Errno.EINVAL, "the range is empty");
        }
        long last = page(range.last());
        if (last >= Integer.MAX_VALUE) {
            throw refused(Errno.E2BIG, "that is more than 2^31 - 1 pages; ask for a piece at a time");
        }
        pages = (int) last + 1;
    }

    private VfioException refused(Errno errno, String why) {
        return new VfioException(errno,
                "report dirty pages of " + range + " by 0x" + Long.toHexString(pageSize) + ": " + why);
    }

    /** The first address. */
    public long iova() {
        return range.iova();
    }

    /** In bytes. */
    public long length() {
        return range.length();
    }

    /** In bytes. */
    public long pageSize() {
        return pageSize;
    }

    /** How many pages, a last one that is cut off included. */
    public int pages() {
        return pages;
    }

    private long page(long address) {
        return address - range.iova() >>> Long.numberOfTrailingZeros(pageSize);
    }

    /** The device has written addresses: pages that they touch are dirty. What lies outside of the range does not count. */
    public void set(long iova, long length) {
        IovaRange written = new IovaRange(iova, length);
        long last = written.overflows() ? -1 : written.last();
        long from = Long.compareUnsigned(iova, range.iova()) < 0 ? range.iova() : iova;
        long to = Long.compareUnsigned(last, range.last()) > 0 ? range.last() : last;
        if (length != 0 && Long.compareUnsigned(from, to) <= 0) {
            dirty.set((int) page(from), (int) page(to) + 1);
        }
    }

    /** Whether the page with this number, from 0 to {@link #pages} less one, has been written. */
    public boolean isDirty(int page) {
        return dirty.get(page);
    }

    /** How many pages have been written. */
    public int dirtyPages() {
        return dirty.cardinality();
    }

    /** A clean bitmap of the pages from {@code first} on, {@code most} at most. */
    DirtyBitmap part(int first, int most) {
        long offset = first * pageSize;
        return new DirtyBitmap(iova() + offset, pages - first <= most ? length() - offset : most * pageSize, pageSize);
    }

    /** Takes over what a part of this one's range has, which begins at one of its pages. */
    void add(DirtyBitmap part) {
        int first = (int) page(part.iova());
        part.dirty.stream().forEach(page -> dirty.set(first + page));
    }

    /** How long {@link #bytes} are: whole words of 64 bits. */
    public int size() {
        return (int) ((pages + 63L) / 64 * Long.BYTES);
    }

    /** As on the wire: words of 64 bits, little-endian, the first page in the lowest bit of the first word. */
    public ByteBuffer bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(size());
        return bytes.put(dirty.toByteArray()).rewind();
    }
}
