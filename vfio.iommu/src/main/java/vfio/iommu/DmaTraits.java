// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.List;
import vfio.core.iova.IovaRange;

/**
 * The traits of a device that an IOMMU must know.
 *
 * @param reserved addresses that must not be mapped for it, besides {@link IovaRange#MSI_WINDOW}
 * @param aperture the addresses that its IOMMU can translate
 * @param isolatedMsi whether its interrupt messages reach only its own vectors
 * @param coherent whether its accesses see the processors' caches
 * @param tracksDirty whether all it writes goes through its endpoint; where not, every page counts as written
 */
record DmaTraits(List<IovaRange> reserved, IovaRange aperture, boolean isolatedMsi, boolean coherent,
        boolean tracksDirty) {
    /** The traits of most devices: nothing further reserved, all addresses, isolated, coherent, tracked. */
    static final DmaTraits USUAL = new DmaTraits(List.of(), IovaRange.ALL, true, true, true);

    /** @throws IllegalArgumentException where a range ends before it begins */
    DmaTraits {
        reserved = List.copyOf(reserved);
        reserved.forEach(DmaTraits::check);
        check(aperture);
    }

    private static void check(IovaRange range) {
        if (Long.compareUnsigned(range.first(), range.last()) > 0) {
            throw new IllegalArgumentException("range " + range + " ends before it begins");
        }
    }

    /** Returns these traits with other reserved ranges. */
    DmaTraits withReserved(IovaRange... ranges) {
        return new DmaTraits(List.of(ranges), aperture, isolatedMsi, coherent, tracksDirty);
    }

    /** Returns these traits with another aperture. */
    DmaTraits withAperture(IovaRange range) {
        return new DmaTraits(reserved, range, isolatedMsi, coherent, tracksDirty);
    }
}
