// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

/** The fixed regions of a PCI device (uapi/linux/vfio.h). */
public final class RegionIndex {
    public static final int BARS = 6;
    public static final int ROM = 6;
    public static final int CONFIG = 7;
    public static final int VGA = 8;
    /** How many there are; a vendor's begin here. */
    public static final int FIXED = 9;

    private RegionIndex() {
    }
}
