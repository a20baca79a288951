// SPDX-License-Identifier: Apache-2.0
package vfio.core.dirty;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Addresses as a device uses them.
 *
 * @param iova the first, unsigned
 * @param length in bytes, unsigned
 */
public record IovaRange(long iova, long length) {
    static final Comparator<IovaRange> BY_IOVA = (a, b) -> Long.compareUnsigned(a.iova, b.iova);

    /** The last address, unsigned. */
    public long last() {
        return iova + length - 1;
    }

    /** Whether the addresses do not fit 64 bits; the very last one counts as too far, as in the kernel. */
    boolean overflows() {
        return Long.compareUnsigned(iova + length, iova) < 0;
    }

    /** Whether there are addresses in both; of ranges that do not overflow. */
    boolean overlaps(IovaRange other) {
        return Long.compareUnsigned(iova, other.last()) <= 0 && Long.compareUnsigned(other.iova, last()) <= 0;
    }

    /** Between one of sorted ranges and the next. */
    private static long gap(List<IovaRange> ranges, int i) {
        return ranges.get(i + 1).iova - ranges.get(i).last();
    }

    private IovaRange to(IovaRange next) {
        return new IovaRange(iova, next.last() - iova + 1);
    }

    /**
     * Merges ranges over the smallest gaps between them, the lowest of equal ones first ({@code vfio_combine_iova_ranges},
     * drivers/vfio/vfio_main.c), for a device that logs fewer than it is given.
     *
     * @param ranges that do not overlap, in any order
     * @param most how many may be left, 1 or more
     * @return in the order of their addresses
     */
    public static List<IovaRange> combine(List<IovaRange> ranges, int most) {
        if (most < 1) {
            throw new IllegalArgumentException("combine to " + most + " ranges");
        }
        List<IovaRange> left = new ArrayList<>(ranges);
        left.sort(BY_IOVA);
        while (left.size() > most) {
            int nearest = 0;
            for (int i = 1; i < left.size() - 1; i++) {
                if (Long.compareUnsigned(gap(left, i), gap(left, nearest)) < 0) {
                    nearest = i;
                }
            }
            left.set(nearest, left.get(nearest).to(left.remove(nearest + 1)));
        }
        return List.copyOf(left);
    }

    @Override
    public String toString() {
        return "0x%x+0x%x".formatted(iova, length);
    }
}
