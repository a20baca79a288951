// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.CAPABILITY_LIST;
import static vfio.pci.core.id.PciRegisters.CAP_LIST_ID;
import static vfio.pci.core.id.PciRegisters.CAP_LIST_NEXT;
import static vfio.pci.core.id.PciRegisters.CFG_SPACE_SIZE;
import static vfio.pci.core.id.PciRegisters.STATUS;
import static vfio.pci.core.id.PciRegisters.STATUS_CAP_LIST;
import static vfio.pci.core.id.PciRegisters.STD_HEADER_SIZEOF;

import java.util.BitSet;
import java.util.OptionalInt;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** Finds capabilities in a function's own configuration space. A chain of the hardware may be a loop: every walk ends. */
public final class RawCapabilities {
    private final ConfigSpace config;

    public RawCapabilities(ConfigSpace config) {
        this.config = config;
    }

    /** Finds the first capability of an id in the first 256 bytes. */
    public OptionalInt standard(int id) {
        if ((config.read(STATUS, 2) & STATUS_CAP_LIST) == 0) {
            return OptionalInt.empty();
        }
        BitSet seen = new BitSet();
        int start = config.read(CAPABILITY_LIST, 1) & ~3;
        while (start >= STD_HEADER_SIZEOF && !seen.get(start)) {
            seen.set(start);
            if (config.read(start + CAP_LIST_ID, 1) == id) {
                return OptionalInt.of(start);
            }
            start = config.read(start + CAP_LIST_NEXT, 1) & ~3;
        }
        return OptionalInt.empty();
    }

    /** Finds the first extended capability of an id. */
    public OptionalInt extended(int id) {
        BitSet seen = new BitSet();
        int start = CFG_SPACE_SIZE;
        while (start >= CFG_SPACE_SIZE && start < config.size() && !seen.get(start)) {
            seen.set(start);
            int header = config.read(start, 4);
            if ((header & 0xffff) == id && header != 0) {
                return OptionalInt.of(start);
            }
            start = header >>> 20 & ~3;
        }
        return OptionalInt.empty();
    }
}
