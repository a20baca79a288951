// SPDX-License-Identifier: Apache-2.0
package vfio.core.iova;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class IovaRangeTest {
    private static IovaRange range(long iova, long length) {
        return IovaRange.of(iova, length);
    }

    @Test
    void smallestGapsGoFirst() {
        List<IovaRange> ranges =
                List.of(range(0x9000, 0x1000), range(0, 0x1000), range(0x3000, 0x1000), range(0x5000, 0x1000));
        assertEquals(List.of(range(0, 0x1000), range(0x3000, 0x1000), range(0x5000, 0x1000), range(0x9000, 0x1000)),
                IovaRange.combine(ranges, 4));
        assertEquals(List.of(range(0, 0x1000), range(0x3000, 0x3000), range(0x9000, 0x1000)), IovaRange.combine(ranges, 3));
        assertEquals(List.of(range(0, 0x6000), range(0x9000, 0x1000)), IovaRange.combine(ranges, 2));
        assertEquals(List.of(range(0, 0xa000)), IovaRange.combine(ranges, 1));
    }

    @Test
    void lowestOfEqualGapsGoesFirst() {
        List<IovaRange> ranges = List.of(range(0, 1), range(2, 1), range(4, 1));
        assertEquals(List.of(range(0, 3), range(4, 1)), IovaRange.combine(ranges, 2));
    }

    @Test
    void addressesAreUnsigned() {
        IovaRange high = range(0xffff_ffff_ffff_e000L, 0x1000);
        IovaRange middle = range(0x8000_0000_0000_0000L, 0x1000);
        assertEquals(List.of(range(0, 0x1000), middle, high), IovaRange.combine(List.of(high, range(0, 0x1000), middle), 3));
        assertEquals(List.of(range(0, 0x1000), range(middle.first(), high.last() - middle.first() + 1)),
                IovaRange.combine(List.of(range(0, 0x1000), middle, high), 2));
    }

    @Test
    void combiningToNothingIsAMistake() {
        assertThrows(IllegalArgumentException.class, () -> IovaRange.combine(List.of(range(0, 1)), 0));
    }

    /** Gaps and lengths in turn; the oracle keeps the widest gaps of all ways to leave so many ranges. */
    @Property(tries = 300)
    void leastIsAddedOfAllWays(@ForAll @Size(min = 2, max = 20) List<@IntRange(min = 1, max = 9) Integer> steps,
            @ForAll @IntRange(min = 1, max = 12) int most) {
        List<IovaRange> ranges = new ArrayList<>();
        List<Integer> gaps = new ArrayList<>();
        long at = 0;
        for (int i = 0; i + 1 < steps.size(); i += 2) {
            at += steps.get(i);
            gaps.add(steps.get(i));
            ranges.add(range(at, steps.get(i + 1)));
            at += steps.get(i + 1);
        }
        gaps.remove(0);
        Collections.sort(gaps);
        int merged = Math.max(0, ranges.size() - most);
        long least = gaps.subList(0, merged).stream().mapToLong(gap -> gap).sum()
                + ranges.stream().mapToLong(IovaRange::length).sum();
        List<IovaRange> combined = IovaRange.combine(ranges, most);
        assertEquals(ranges.size() - merged, combined.size());
        assertEquals(least, combined.stream().mapToLong(IovaRange::length).sum());
        for (IovaRange range : ranges) {
            assertTrue(combined.stream().anyMatch(
                    whole -> whole.first() <= range.first() && range.last() <= whole.last()), range.toString());
        }
    }
}
