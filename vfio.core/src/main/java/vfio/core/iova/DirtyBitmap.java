// SPDX-License-Identifier: Apache-2.0
package vfio.core.iova;

import java.nio.ByteBuffer;
import java.util.BitSet;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * A bit for each page of a range of addresses: whether a device has written the page. A driver sets the bits of a bitmap that
 * the core gives it; a user reads a bitmap that does not change any more.
 */
public final class DirtyBitmap {
    /** The smallest page that a bitmap can have, in bytes. */
    public static final long LEAST_PAGE = 4096;

    private final IovaRange range;
    private final long pageSize;
    private final int pages;
    private final BitSet dirty;

    /**
     * Makes a bitmap without a dirty page.
     *
     * @param iova the first address, unsigned
     * @param length in bytes, unsigned
     * @param pageSize in bytes, whatever page size the device logs by
     * @throws VfioException EINVAL where the page size is below 4096 or no power of two, or the length is 0; EOVERFLOW where
     *     the addresses do not fit 64 bits; E2BIG where there are more than 2^31 - 1 pages
     */
    public DirtyBitmap(long iova, long length, long pageSize) {
        this(IovaRange.of(iova, length), pageSize, new BitSet());
    }

    private DirtyBitmap(IovaRange range, long pageSize, BitSet dirty) {
        this.range = range;
        this.pageSize = pageSize;
        this.dirty = dirty;
        if (Long.compareUnsigned(pageSize, LEAST_PAGE) < 0 || Long.bitCount(pageSize) != 1) {
            throw refused(Errno.EINVAL, "the page size must be a power of two from 4096 on");
        }
        if (range.overflows()) {
            throw refused(Errno.EOVERFLOW, "the addresses do not fit 64 bits");
        }
        if (range.length() == 0) {
            throw refused(Errno.EINVAL, "the range is empty");
        }
        long last = page(range.last());
        if (last >= Integer.MAX_VALUE) {
            throw refused(Errno.E2BIG, "there are more than 2^31 - 1 pages; ask for a piece at a time");
        }
        pages = (int) last + 1;
    }

    /**
     * Makes a bitmap of words that another side has written, in the form that {@link #words} returns.
     *
     * @param words read from their position to their limit; position and limit do not change
     * @throws VfioException as {@link #DirtyBitmap(long, long, long)}
     */
    public static DirtyBitmap of(long iova, long length, long pageSize, ByteBuffer words) {
        return new DirtyBitmap(IovaRange.of(iova, length), pageSize, BitSet.valueOf(words));
    }

    /** Returns how many bytes the words of {@code pages} pages take: whole words of 64 bits. */
    public static long bytes(long pages) {
        return Long.divideUnsigned(pages + Long.SIZE - 1, Long.SIZE) * Long.BYTES;
    }

    private VfioException refused(Errno errno, String why) {
        return new VfioException(errno, "report dirty pages of 0x%x+0x%x by 0x%x: %s"
                .formatted(iova(), length(), pageSize, why));
    }

    /** Returns the first address, unsigned. */
    public long iova() {
        return range.first();
    }

    /** Returns the length of the range in bytes, unsigned. */
    public long length() {
        return range.length();
    }

    /** Returns the page size in bytes. */
    public long pageSize() {
        return pageSize;
    }

    /** Returns the number of pages, a last page that the range cuts off included. */
    public int pages() {
        return pages;
    }

    private long page(long address) {
        return address - range.first() >>> Long.numberOfTrailingZeros(pageSize);
    }

    /**
     * Marks the pages that some addresses touch as written. Addresses outside of the range, and beyond 64 bits, are ignored.
     *
     * @param length in bytes, unsigned
     */
    public void set(long iova, long length) {
        IovaRange written = IovaRange.of(iova, length);
        long last = written.overflows() ? -1 : written.last();
        long from = Long.compareUnsigned(iova, range.first()) < 0 ? range.first() : iova;
        long to = Long.compareUnsigned(last, range.last()) > 0 ? range.last() : last;
        if (length != 0 && Long.compareUnsigned(from, to) <= 0) {
            dirty.set((int) page(from), (int) page(to) + 1);
        }
    }

    /** Tells whether a page was written; its number is 0 to {@link #pages} less one. */
    public boolean isDirty(int page) {
        return dirty.get(page);
    }

    /** Returns how many pages were written. */
    public int dirtyPages() {
        return dirty.cardinality();
    }

    /** Makes a bitmap without a dirty page of this one's pages from {@code first} on, {@code most} at most. */
    public DirtyBitmap part(int first, int most) {
        long offset = first * pageSize;
        return new DirtyBitmap(iova() + offset, pages - first <= most ? length() - offset : most * pageSize, pageSize);
    }

    /** Adds the dirty pages of a {@link #part} of this bitmap. */
    public void add(DirtyBitmap part) {
        int first = (int) page(part.iova());
        part.dirty.stream().forEach(page -> dirty.set(first + page));
    }

    /** Returns how many bytes {@link #words} takes. */
    public int size() {
        return (int) bytes(pages);
    }

    /** Returns the bits in words of 64 bits, little-endian, the first page in the lowest bit of the first word. */
    public ByteBuffer words() {
        ByteBuffer words = ByteBuffer.allocate(size());
        return words.put(dirty.toByteArray()).rewind();
    }
}
