// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

/**
 * The numbers of the regions that every PCI device has: {@code VFIO_PCI_*_REGION_INDEX} of {@code uapi/linux/vfio.h}.
 * The regions of a driver follow, from {@link #NUM_REGIONS} on.
 */
public final class RegionIndex {
    public static final int BAR0 = 0;
    public static final int BAR1 = 1;
    public static final int BAR2 = 2;
    public static final int BAR3 = 3;
    public static final int BAR4 = 4;
    public static final int BAR5 = 5;
    /** The expansion ROM. */
    public static final int ROM = 6;
    /** Configuration space. */
    public static final int CONFIG = 7;
    /** The legacy VGA ranges below 1 MiB. */
    public static final int VGA = 8;
    /** How many regions every PCI device has; also the number of a driver's first region. */
    public static final int NUM_REGIONS = 9;

    private RegionIndex() {
    }
}
