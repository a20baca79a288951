// SPDX-License-Identifier: Apache-2.0
package vfio.core.dma;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Addresses as a device sees them. Both ends are unsigned and belong to the range.
 *
 * @param first the lowest address
 * @param last the highest address, not below the first
 */
public record IovaRange(long first, long last) {
    /** Where a write is an interrupt message: no address space has memory there. */
    public static final IovaRange MSI_WINDOW = new IovaRange(0xfee0_0000L, 0xfeef_ffffL);
    /** Every address there is. */
    public static final IovaRange ALL = new IovaRange(0, -1L);

    private static final Comparator<IovaRange> BY_FIRST = (a, b) -> Long.compareUnsigned(a.first, b.first);

    /** @throws IllegalArgumentException where the last is below the first */
    public IovaRange {
        if (Long.compareUnsigned(first, last) > 0) {
            throw new IllegalArgumentException("range " + Long.toHexString(first) + "-" + Long.toHexString(last));
        }
    }

    public boolean contains(long from, long to) {
        return Long.compareUnsigned(from, first) >= 0 && Long.compareUnsigned(to, last) <= 0;
    }

    public boolean overlaps(long from, long to) {
        return Long.compareUnsigned(from, last) <= 0 && Long.compareUnsigned(first, to) <= 0;
    }

    /** What lies outside, none to two ranges. */
    public List<IovaRange> outside() {
        return without(List.of(this));
    }

    /** Every address that none of {@code taken} has, lowest first; they may overlap and come in any order. */
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

    @Override
    public String toString() {
        return Long.toHexString(first) + "-" + Long.toHexString(last);
    }
}
