// SPDX-License-Identifier: Apache-2.0
package vfio.core.iova;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * A range of addresses as a device sees them. Both ends are unsigned and belong to the range.
 *
 * <p>A range that a user states may be empty or run past the last address: such a range ends before it begins, and the one
 * that receives the range refuses it.
 *
 * @param first the lowest address
 * @param last the highest address
 */
public record IovaRange(long first, long last) {
    /** The smallest page of an address space, in bytes. */
    public static final long PAGE = 4096;
    /** The bits of an address that lie within a page. */
    public static final long PAGE_OFFSET = PAGE - 1;
    /** The addresses where a write is an interrupt message: no address space has memory there. */
    public static final IovaRange MSI_WINDOW = new IovaRange(0xfee0_0000L, 0xfeef_ffffL);
    /** All addresses. */
    public static final IovaRange ALL = new IovaRange(0, -1L);

    private static final Comparator<IovaRange> BY_FIRST = (a, b) -> Long.compareUnsigned(a.first, b.first);

    /**
     * Makes a range of a first address and a length.
     *
     * @param length in bytes, unsigned
     */
    public static IovaRange of(long first, long length) {
        return new IovaRange(first, first + length - 1);
    }

    /** Returns the number of bytes, unsigned: 0 for an empty range and for {@link #ALL}. */
    public long length() {
        return last - first + 1;
    }

    /**
     * Tells whether first address and length do not add up to 64 bits, by the kernel's rule ({@code check_add_overflow} of
     * vfio_ioctl_device_feature_logging_start, drivers/vfio/vfio_main.c): a range that has the very last address overflows.
     */
    public boolean overflows() {
        return Long.compareUnsigned(first + length(), first) < 0;
    }

    /** Tells whether this range has all addresses from one to another. */
    public boolean contains(long from, long to) {
        return Long.compareUnsigned(from, first) >= 0 && Long.compareUnsigned(to, last) <= 0;
    }

    /** Tells whether this range has one of the addresses from one to another. */
    public boolean overlaps(long from, long to) {
        return Long.compareUnsigned(from, last) <= 0 && Long.compareUnsigned(first, to) <= 0;
    }

    /** Tells whether this range and another have an address in common. */
    public boolean overlaps(IovaRange other) {
        return overlaps(other.first, other.last);
    }

    /** Returns the addresses outside of this range, as none to two ranges. */
    public List<IovaRange> outside() {
        return without(List.of(this));
    }

    /**
     * Returns all addresses that none of some ranges has, lowest first.
     *
     * @param taken ranges in any order, which may overlap
     */
    public static List<IovaRange> without(Collection<IovaRange> taken) {
        List<IovaRange> free = new ArrayList<>();
        long next = 0;
        for (IovaRange range : taken.stream().sorted(BY_FIRST).toList()) {
            if (Long.compareUnsigned(range.first, next) > 0) {
                free.add(new IovaRange(next, range.first - 1));
            }
            if (range.last == -1L) {
                return free;
            }
            next = Long.compareUnsigned(range.last + 1, next) > 0 ? range.last + 1 : next;
        }
        free.add(new IovaRange(next, -1L));
        return free;
    }

    /**
     * Merges ranges over the smallest gaps between them, the lowest of equal gaps first ({@code vfio_combine_iova_ranges},
     * drivers/vfio/vfio_main.c), for a device that logs fewer ranges than its user asks for.
     *
     * @param ranges in any order, without overlap
     * @param most the number of ranges that may be left, 1 or more
     * @return the merged ranges in the order of their addresses
     */
    public static List<IovaRange> combine(List<IovaRange> ranges, int most) {
        if (most < 1) {
            throw new IllegalArgumentException("combine to " + most + " ranges");
        }
        List<IovaRange> left = new ArrayList<>(ranges);
        left.sort(BY_FIRST);
        while (left.size() > most) {
            int nearest = 0;
            for (int i = 1; i < left.size() - 1; i++) {
                if (Long.compareUnsigned(gap(left, i), gap(left, nearest)) < 0) {
                    nearest = i;
                }
            }
            IovaRange next = left.remove(nearest + 1);
            left.set(nearest, new IovaRange(left.get(nearest).first, next.last));
        }
        return List.copyOf(left);
    }

    /** Returns the distance between one of sorted ranges and the next one. */
    private static long gap(List<IovaRange> ranges, int i) {
        return ranges.get(i + 1).first - ranges.get(i).last;
    }

    @Override
    public String toString() {
        return "0x%x-0x%x".formatted(first, last);
    }
}
