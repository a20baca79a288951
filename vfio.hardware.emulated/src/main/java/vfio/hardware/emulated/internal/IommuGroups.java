// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** The numbers of IOMMU groups in use; a number is free again with the last function of its group. */
final class IommuGroups {
    private final Map<Integer, Integer> members = new HashMap<>();
    private final BitSet taken = new BitSet();
    private final BitSet reserved = new BitSet();
    private int lowest;

    /** Keeps a number that a topology names from being given to a group of one. */
    void reserve(int group) {
        // Only small numbers can collide: derived ones count up from 0, at most one a function.
        if (group < 1 << 20) {
            reserved.set(group);
            taken.set(group);
        }
    }

    /** Adds a function to a group. */
    void join(int group) {
        members.merge(group, 1, Integer::sum);
        if (group < 1 << 20) {
            taken.set(group);
        }
    }

    /** Adds a function to a group of its own: the lowest free number. */
    int joinOwn() {
        int group = taken.nextClearBit(lowest);
        lowest = group + 1;
        join(group);
        return group;
    }

    /** Removes a function from its group. */
    void leave(int group) {
        if (members.merge(group, -1, Integer::sum) > 0) {
            return;
        }
        members.remove(group);
        if (group < 1 << 20 && !reserved.get(group)) {
            taken.clear(group);
            lowest = Math.min(lowest, group);
        }
    }
}
