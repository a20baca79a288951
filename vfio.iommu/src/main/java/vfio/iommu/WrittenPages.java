// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import vfio.core.iova.IovaRange;

/** The pages that devices of one domain have written since tracking began or was last read. */
final class WrittenPages {
    private final Map<Area, PageBitmap> marks = new ConcurrentHashMap<>();

    /** After the write, by the writer: whoever takes the mark sees the bytes. */
    void mark(Area area, long iova, int length) {
        PageBitmap bits = marks.get(area);
        if (bits == null) {
            bits = marks.computeIfAbsent(area, key -> new PageBitmap((key.size() - 1) / IovaRange.PAGE + 1));
        }
        long offset = iova - area.first;
        bits.set(offset / IovaRange.PAGE, (offset + length - 1) / IovaRange.PAGE);
    }

    void markAll(Area area) {
        marks.computeIfAbsent(area, key -> new PageBitmap((key.size() - 1) / IovaRange.PAGE + 1))
                .set(0, (area.size() - 1) / IovaRange.PAGE);
    }

    /** Sets the bits of what was written of an area from {@code from} to {@code to}, which are in it. */
    void read(Area area, long from, long to, boolean clear, VfioBitmap bitmap, long base) {
        PageBitmap bits = marks.get(area);
        if (bits != null) {
            bits.read((from - area.first) / IovaRange.PAGE, (to - area.first) / IovaRange.PAGE, clear,
                    (first, last) -> bitmap.set(base, area.first + first * IovaRange.PAGE,
                            area.first + last * IovaRange.PAGE + IovaRange.PAGE - 1));
        }
    }

    void forget(Area area) {
        marks.remove(area);
    }
}
