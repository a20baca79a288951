// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import java.util.List;
import vfio.pci.core.bus.PciFunction.Bar;

/** The rules for base address registers, of the PCI specification and of this bus. */
final class BarRules {
    /** 1 TiB: the largest this bus maps, far below what a process can address. */
    private static final long LARGEST = 1L << 40;
    private static final long LARGEST_NARROW = 1L << 31;
    private static final long LARGEST_IO = 256;

    private BarRules() {
    }

    /**
     * Checks the BARs of one function.
     *
     * @param slots how many registers the header has
     * @throws IllegalArgumentException where a BAR has no place or a wrong size
     */
    static void check(List<Bar> bars, int slots) {
        int taken = 0;
        for (Bar bar : bars) {
            int needed = bar.wide() ? 3 : 1;
            if (bar.index() < 0 || bar.index() + (bar.wide() ? 2 : 1) > slots) {
                throw new IllegalArgumentException("BAR " + bar.index() + (bar.wide() ? " (two registers)" : "")
                        + " does not fit in " + slots + " registers");
            }
            if ((taken & needed << bar.index()) != 0) {
                throw new IllegalArgumentException("BAR " + bar.index()
                        + " overlaps another: a 64-bit BAR takes two registers");
            }
            taken |= needed << bar.index();
            checkSize(bar);
        }
    }

    private static void checkSize(Bar bar) {
        long least = bar.io() ? 4 : 16;
        long most = bar.io() ? LARGEST_IO : bar.wide() ? LARGEST : LARGEST_NARROW;
        if (bar.size() < least || bar.size() > most || Long.bitCount(bar.size()) != 1) {
            throw new IllegalArgumentException("BAR " + bar.index() + " of " + bar.size() + " bytes; expected a power of "
                    + "two from " + least + " to " + most);
        }
        if (bar.io() && (bar.wide() || bar.prefetchable())) {
            throw new IllegalArgumentException("BAR " + bar.index() + " is I/O: it has 32 bits and is not prefetchable");
        }
    }
}
