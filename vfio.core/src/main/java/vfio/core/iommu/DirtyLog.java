// SPDX-License-Identifier: Apache-2.0
package vfio.core.iommu;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The pages that devices of one domain have written since tracking began or was last read. */
final class DirtyLog {
    private final Map<Area, PageBitmap> marks = new ConcurrentHashMap<>();

    /** After the write, by the writer: whoever takes the mark sees the bytes. */
    void mark(Area area, long iova, int length) {
        PageBitmap bits = marks.get(area);
        if (bits == null) {
            bits = marks.computeIfAbsent(area, key -> new PageBitmap((key.size() - 1) / AddressSpace.PAGE + 1));
        }
        long offset = iova - area.first;
        bits.set(offset / AddressSpace.PAGE, (offset + length - 1) / AddressSpace.PAGE);
    }

    void markAll(Area area) {
        marks.computeIfAbsent(area, key -> new PageBitmap((key.size() - 1) / AddressSpace.PAGE + 1))
                .set(0, (area.size() - 1) / AddressSpace.PAGE);
    }

    /** Sets the bits of what was written of an area from {@code from} to {@code to}, which are in it. */
    void read(Area area, long from, long to, boolean clear, DirtyBitmap bitmap, long base) {
        PageBitmap bits = marks.get(area);
        if (bits != null) {
            bits.read((from - area.first) / AddressSpace.PAGE, (to - area.first) / AddressSpace.PAGE, clear,
                    (first, last) -> bitmap.set(base, area.first + first * AddressSpace.PAGE,
                            area.first + last * AddressSpace.PAGE + AddressSpace.PAGE - 1));
        }
    }

    void forget(Area area) {
        marks.remove(area);
    }
}
