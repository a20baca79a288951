// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionInfo;
import vfio.core.info.RegionPart;
import vfio.core.info.SparseMmap;

/** The parts of a region that users may map: the whole region, or the areas of its capability SPARSE_MMAP. Immutable. */
final class MappableParts {
    private final RegionInfo info;
    /** The parts, apart from each other, lowest first. */
    private final List<RegionPart> parts;
    private final boolean sparse;

    private MappableParts(RegionInfo info, List<RegionPart> parts, boolean sparse) {
        this.info = info;
        this.parts = parts;
        this.sparse = sparse;
    }

    /**
     * Returns the parts by the region's info, which the driver answered.
     *
     * @param region the region's name
     * @throws VfioException EINVAL where the areas make no sense: unaligned, outside of the region, or in two capabilities
     */
    static MappableParts of(String region, RegionInfo info) {
        List<InfoCapability> told = info.capabilities().stream().filter(c -> c.id() == RegionInfo.CAP_SPARSE_MMAP).toList();
        if (told.isEmpty()) {
            return new MappableParts(info, List.of(new RegionPart(0, info.size())), false);
        }
        if (told.size() > 1) {
            throw new VfioException(Errno.EINVAL, "open " + region + ": the driver gave it capability SPARSE_MMAP "
                    + told.size() + " times; give it once, with all areas");
        }
        List<RegionPart> areas = new ArrayList<>(SparseMmap.of(told.get(0)).areas());
        areas.removeIf(area -> area.size() == 0);
        for (RegionPart area : areas) {
            if (!area.within(info.size()) || area.offset() % SharedMemory.PAGE != 0
                    || area.end() % SharedMemory.PAGE != 0 && area.end() != info.size()) {
                throw new VfioException(Errno.EINVAL, "open " + region + ": the driver's capability SPARSE_MMAP has "
                        + text(area) + " of " + info.size() + " bytes; give pages within the region");
            }
        }
        return new MappableParts(info, merged(areas), true);
    }

    /** Merges areas that overlap or touch, as the kernel's may: a mapping may reach over both. */
    private static List<RegionPart> merged(List<RegionPart> areas) {
        List<RegionPart> parts = new ArrayList<>();
        areas.sort(Comparator.comparingLong(RegionPart::offset));
        for (RegionPart area : areas) {
            RegionPart last = parts.isEmpty() ? null : parts.get(parts.size() - 1);
            if (last == null || area.offset() > last.end()) {
                parts.add(area);
            } else {
                parts.set(parts.size() - 1, new RegionPart(last.offset(), Math.max(last.end(), area.end()) - last.offset()));
            }
        }
        return List.copyOf(parts);
    }

    /**
     * Checks that a place can be mapped.
     *
     * @throws VfioException EINVAL for a place that cannot
     */
    void check(String region, long offset, long size) {
        if ((info.flags() & RegionInfo.MMAP) == 0) {
            throw refused(region, offset, size, "it cannot be mapped");
        }
        RegionPart asked = new RegionPart(offset, size);
        if (!asked.within(info.size()) || offset % SharedMemory.PAGE != 0) {
            throw refused(region, offset, size, "it has " + info.size() + "; begin at a multiple of " + SharedMemory.PAGE);
        }
        if (sparse && parts.stream().noneMatch(part -> part.contains(offset) && asked.end() <= part.end())) {
            throw refused(region, offset, size, "only " + String.join(", ", parts.stream().map(MappableParts::text).toList())
                    + " of it can be mapped");
        }
    }

    private static String text(RegionPart part) {
        return part.size() + " bytes at " + part.offset();
    }

    private static VfioException refused(String region, long offset, long size, String why) {
        return new VfioException(Errno.EINVAL, "map " + size + " bytes at " + offset + " of " + region + ": " + why);
    }
}
