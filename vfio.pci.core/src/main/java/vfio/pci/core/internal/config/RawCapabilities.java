// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.util.BitSet;
import java.util.OptionalInt;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** Finds capabilities in a function's own configuration space. The chains are the hardware's and may be bent: a walk ends. */
public final class RawCapabilities {
    private static final int STATUS = 0x06;
    private static final int CAPABILITY_LIST = 0x10;
    private static final int POINTER = 0x34;
    private static final int FIRST = 0x40;
    private static final int FIRST_EXTENDED = 0x100;

    private final ConfigSpace config;

    public RawCapabilities(ConfigSpace config) {
        this.config = config;
    }

    /** Where the first capability of that id is, in the first 256 bytes. */
    public OptionalInt standard(int id) {
        if ((config.read(STATUS, 2) & CAPABILITY_LIST) == 0) {
            return OptionalInt.empty();
        }
        BitSet seen = new BitSet();
        int start = config.read(POINTER, 1) & ~3;
        while (start >= FIRST && !seen.get(start)) {
            seen.set(start);
            if (config.read(start, 1) == id) {
                return OptionalInt.of(start);
            }
            start = config.read(start + 1, 1) & ~3;
        }
        return OptionalInt.empty();
    }

    /** Where the first extended capability of that id is. */
    public OptionalInt extended(int id) {
        BitSet seen = new BitSet();
        int start = FIRST_EXTENDED;
        while (start >= FIRST_EXTENDED && start < config.size() && !seen.get(start)) {
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
