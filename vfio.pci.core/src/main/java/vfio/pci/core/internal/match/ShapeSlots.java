// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A map from a shape and the fields it gives to the entries that have them. Three words a place, side by side, so that a
 * probe costs a line of cache or two: ids, shape and class, and what was found. Immutable.
 */
final class ShapeSlots {
    /** The answer of {@link #find} where there is nothing. */
    static final int NOTHING = Integer.MIN_VALUE;

    private static final int WORDS = 3;

    /** A shape with the fields it gives; the others are 0. */
    record Slot(int shape, long ids, int classCode) {
    }

    private final long[] places;
    private final int mask;
    private final int[][] lists;

    ShapeSlots(Map<Slot, List<Integer>> slots) {
        mask = Integer.highestOneBit(Math.max(4, slots.size())) * 4 - 1;
        places = new long[Math.multiplyExact(mask + 1, WORDS)];
        List<int[]> many = new ArrayList<>();
        slots.forEach((slot, numbers) -> {
            int found = numbers.get(0);
            if (numbers.size() > 1) {
                many.add(numbers.stream().mapToInt(Integer::intValue).toArray());
                found = -many.size();
            }
            insert(slot.ids, rest(slot.shape, slot.classCode), found);
        });
        lists = many.toArray(int[][]::new);
    }

    private void insert(long ids, long rest, int found) {
        int at = hash(ids, rest) & mask;
        while (places[at * WORDS + 1] != 0) {
            at = at + 1 & mask;
        }
        places[at * WORDS] = ids;
        places[at * WORDS + 1] = rest;
        places[at * WORDS + 2] = found;
    }

    /** Packs the shape above the class, plus one so that an empty place is 0. */
    private static long rest(int shape, int classCode) {
        return (long) (shape + 1) << 24 | classCode;
    }

    private static int hash(long ids, long rest) {
        long mixed = (ids ^ rest * 0x9e3779b97f4a7c15L) * 0xbf58476d1ce4e5b9L;
        return (int) (mixed >>> 32);
    }

    /** Returns the one entry's number, or below 0 an argument of {@link #list}, or {@link #NOTHING}. */
    int find(int shape, long ids, int classCode) {
        long rest = rest(shape, classCode);
        for (int at = hash(ids, rest) & mask; places[at * WORDS + 1] != 0; at = at + 1 & mask) {
            if (places[at * WORDS + 1] == rest && places[at * WORDS] == ids) {
                return (int) places[at * WORDS + 2];
            }
        }
        return NOTHING;
    }

    /** Returns the numbers of several entries, ascending; shared, not to be written. */
    int[] list(int found) {
        return lists[-found - 1];
    }
}
