// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.OptionalInt;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.internal.config.RawCapabilities;

/**
 * Where a function's MSI-X table is (PCI 3.0 section 6.8.2).
 *
 * @param bar 0 to 5, or -1 without one
 * @param start in the BAR
 * @param end behind its last entry
 * @param vectors how many entries it has
 */
record MsixTable(int bar, long start, long end, int vectors) {
    static final MsixTable NONE = new MsixTable(-1, 0, 0, 0);

    private static final int CAPABILITY = 0x11;
    private static final int ENTRY = 16;
    private static final int BARS = 6;

    /** As the capability has it; none where it names no BAR. */
    static MsixTable of(ConfigSpace config) {
        OptionalInt capability = new RawCapabilities(config).standard(CAPABILITY);
        if (capability.isEmpty()) {
            return NONE;
        }
        int at = capability.getAsInt();
        int table = config.read(at + 4, 4);
        int vectors = (config.read(at + 2, 2) & 0x7ff) + 1;
        long start = Integer.toUnsignedLong(table & ~7);
        return (table & 7) < BARS ? new MsixTable(table & 7, start, start + (long) vectors * ENTRY, vectors) : NONE;
    }

    /** Whether an aligned access reaches the table: entries are of 16 bytes, so none reaches it by half. */
    boolean covers(long position, int width) {
        return position < end && position + width > start;
    }
}
