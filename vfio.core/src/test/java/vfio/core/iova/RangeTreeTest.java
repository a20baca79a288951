// SPDX-License-Identifier: Apache-2.0
package vfio.core.iova;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class RangeTreeTest {
    private static final int SLOTS = 64;

    private static <V> RangeTree<V> of(long... ends) {
        RangeTree<V> tree = null;
        for (int i = 0; i < ends.length; i += 2) {
            tree = RangeTree.with(tree, ends[i], ends[i + 1], null);
        }
        return tree;
    }

    @Test
    void addressesAreUnsigned() {
        RangeTree<Object> tree = of(-8, -1, 0, 7, Long.MIN_VALUE, Long.MIN_VALUE + 7, Long.MAX_VALUE - 7, Long.MAX_VALUE);
        assertEquals(0, RangeTree.atOrAfter(tree, 0).first);
        assertEquals(Long.MAX_VALUE - 7, RangeTree.atOrAfter(tree, 8).first);
        assertEquals(Long.MIN_VALUE, RangeTree.atOrAfter(tree, Long.MIN_VALUE).first);
        assertEquals(-8, RangeTree.atOrAfter(tree, Long.MIN_VALUE + 8).first);
        assertEquals(-8, RangeTree.at(tree, -1).first);
        assertNull(RangeTree.at(tree, -9));
        assertNull(RangeTree.next(tree, RangeTree.at(tree, -1), -1));
        assertNull(RangeTree.overlapping(tree, 8, Long.MAX_VALUE - 8));
        assertEquals(4, RangeTree.count(tree));
    }

    @Test
    void holesAreFoundLowestFirst() {
        RangeTree<Object> tree = of(0x1000, 0x1fff, 0x3000, 0x3fff, 0x8000, 0x8fff);
        assertEquals(0, RangeTree.hole(tree, 0, -1, 0x1000, 0x1000));
        assertEquals(0x2000, RangeTree.hole(tree, 0x1000, -1, 0x1000, 0x1000));
        assertEquals(0x4000, RangeTree.hole(tree, 0x1000, -1, 0x2000, 0x1000));
        assertEquals(0x9000, RangeTree.hole(tree, 0x1000, -1, 0x5000, 0x1000));
        assertEquals(0x4000, RangeTree.hole(tree, 0x1000, -1, 0x1000, 0x4000));
        assertEquals(0xc000, RangeTree.hole(tree, 0x4001, -1, 0x1000, 0x4000));
        assertEquals(0x7000, RangeTree.hole(tree, 0x6001, 0x7fff, 0x1000, 0x1000));
        assertEquals(RangeTree.NONE, RangeTree.hole(tree, 0x6001, 0x7ffe, 0x1000, 0x1000));
        assertEquals(RangeTree.NONE, RangeTree.hole(tree, 0x3000, 0x3fff, 0x1000, 0x1000));
        assertEquals(RangeTree.NONE, RangeTree.hole(tree, -0x1000, -1, 0x1001, 0x1000));
        assertEquals(-0x1000, RangeTree.hole(tree, -0x1fff, -1, 0x1000, 0x1000));
        assertEquals(RangeTree.NONE, RangeTree.hole(tree, -0xfff, -1, 0x10, 0x1000));
    }

    /** Against a map, over few slots so that neighbours touch and deletions reach every shape. */
    @Property(tries = 200)
    void behavesAsAMap(@ForAll long seed) {
        Random random = new Random(seed);
        TreeMap<Long, Long> model = new TreeMap<>();
        RangeTree<Long> tree = null;
        for (int step = 0; step < 400; step++) {
            long first = random.nextInt(SLOTS) * 4L;
            long last = first + random.nextInt(3);
            if (random.nextInt(3) > 0 && !taken(model, first, last)) {
                model.put(first, last);
                tree = RangeTree.with(tree, first, last, step + 0L);
            } else {
                model.remove(first);
                tree = RangeTree.without(tree, first);
            }
            long address = random.nextInt(SLOTS * 4);
            Map.Entry<Long, Long> below = model.floorEntry(address);
            boolean inside = below != null && below.getValue() >= address;
            assertEquals(inside, RangeTree.at(tree, address) != null);
            assertEquals(model.size(), RangeTree.count(tree));
            long length = 1 + random.nextInt(12);
            assertEquals(lowestHole(model, address, length), RangeTree.hole(tree, address, 4L * SLOTS + 20, length, 2));
        }
        int range = 0;
        RangeTree<Long> at = RangeTree.overlapping(tree, 0, -1);
        for (Map.Entry<Long, Long> entry : model.entrySet()) {
            assertEquals(entry.getKey(), at.first);
            assertEquals(entry.getValue(), at.last);
            at = RangeTree.next(tree, at, -1);
            range++;
        }
        assertNull(at);
        assertEquals(model.size(), range);
    }

    private static boolean taken(TreeMap<Long, Long> model, long first, long last) {
        Map.Entry<Long, Long> below = model.floorEntry(last);
        return below != null && below.getValue() >= first;
    }

    private static long lowestHole(TreeMap<Long, Long> model, long from, long length) {
        for (long start = from + (from & 1); start + length - 1 <= 4L * SLOTS + 20; start += 2) {
            if (!taken(model, start, start + length - 1)) {
                return start;
            }
        }
        return RangeTree.NONE;
    }
}
