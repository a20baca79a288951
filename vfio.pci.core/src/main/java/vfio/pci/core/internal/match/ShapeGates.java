// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/**
 * A map from some ids of a key to the shapes worth a probe, or straight to the entry where no other field matters. One word a
 * place, so that a lookup costs one line of cache: the ids above; below, one more than the number of a set of shapes, or
 * the complement of an entry's number. The sets are few and shared. Immutable.
 */
final class ShapeGates {
    private final long[] places;
    private final int[][] sets;

    /**
     * Makes the map.
     *
     * @param entries by ids that have no shapes beside
     */
    ShapeGates(Map<Integer, SortedSet<Integer>> shapes, Map<Integer, Integer> entries) {
        // Between a third and two thirds full: neighbours share a line, so a smaller table is worth some more steps.
        places = new long[Integer.highestOneBit(Math.max(4, (shapes.size() + entries.size()) * 3 / 2)) * 2];
        Map<SortedSet<Integer>, Integer> numbers = new HashMap<>();
        List<int[]> all = new ArrayList<>();
        shapes.forEach((ids, set) -> insert(ids, numbers.computeIfAbsent(set, s -> {
            all.add(s.stream().mapToInt(Integer::intValue).toArray());
            return all.size();
        })));
        entries.forEach((ids, entry) -> insert(ids, ~entry));
        sets = all.toArray(int[][]::new);
    }

    private void insert(int ids, int found) {
        int at = place(ids);
        while (places[at] != 0) {
            at = at + 1 & places.length - 1;
        }
        places[at] = (long) ids << 32 | found & 0xffffffffL;
    }

    private int place(int ids) {
        int mixed = ids * 0x9e3779b9;
        return (mixed ^ mixed >>> 15) & places.length - 1;
    }

    /** Returns 0 for nothing, below 0 the complement of an entry's number, else an argument of {@link #set}. */
    int find(int ids) {
        for (int at = place(ids); places[at] != 0; at = at + 1 & places.length - 1) {
            if ((int) (places[at] >>> 32) == ids) {
                return (int) places[at];
            }
        }
        return 0;
    }

    /** Returns the numbers of shapes; shared, not to be written. */
    int[] set(int found) {
        return sets[found - 1];
    }
}
