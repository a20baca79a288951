// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static vfio.pci.core.id.PciRegisters.CAP_ID_MSIX;
import static vfio.pci.core.id.PciRegisters.MSIX_ENTRY_SIZE;
import static vfio.pci.core.id.PciRegisters.MSIX_FLAGS;
import static vfio.pci.core.id.PciRegisters.MSIX_FLAGS_QSIZE;
import static vfio.pci.core.id.PciRegisters.MSIX_TABLE;
import static vfio.pci.core.id.PciRegisters.MSIX_TABLE_BIR;
import static vfio.pci.core.id.PciRegisters.STD_NUM_BARS;

import java.util.OptionalInt;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.internal.config.RawCapabilities;

/**
 * The place of a function's MSI-X table (PCI 3.0 section 6.8.2).
 *
 * @param bar 0 to 5, or -1 without a table
 * @param start offset of the first entry in the BAR, in bytes
 * @param end offset behind the last entry
 * @param vectors the number of entries
 */
record MsixTable(int bar, long start, long end, int vectors) {
    static final MsixTable NONE = new MsixTable(-1, 0, 0, 0);

    /** Reads the table's place from the capability; none where that names no BAR. */
    static MsixTable of(ConfigSpace config) {
        OptionalInt capability = new RawCapabilities(config).standard(CAP_ID_MSIX);
        if (capability.isEmpty()) {
            return NONE;
        }
        int at = capability.getAsInt();
        int table = config.read(at + MSIX_TABLE, 4);
        int vectors = (config.read(at + MSIX_FLAGS, 2) & MSIX_FLAGS_QSIZE) + 1;
        int bar = table & MSIX_TABLE_BIR;
        long start = Integer.toUnsignedLong(table & ~MSIX_TABLE_BIR);
        return bar < STD_NUM_BARS ? new MsixTable(bar, start, start + (long) vectors * MSIX_ENTRY_SIZE, vectors) : NONE;
    }

    /** Tells whether an aligned access reaches the table: entries have 16 bytes, so no access is in it by half. */
    boolean covers(long position, int width) {
        return position < end && position + width > start;
    }
}
