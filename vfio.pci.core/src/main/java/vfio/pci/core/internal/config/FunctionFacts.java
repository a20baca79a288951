// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.util.List;
import vfio.pci.core.bus.PciFunction.Bar;

/**
 * What the configuration space of a function does not say itself.
 *
 * @param vendor as enumerated; a VF's own register reads FFFF
 * @param device as enumerated
 * @param virtualFunction a VF: it has neither a memory enable bit nor INTx
 * @param intx whether INTx works and is connected
 * @param bars the implemented BARs that have an address; the others read 0
 * @param romSize in bytes, a power of two; 0x20000 for a shadow ROM, 0 without any
 */
public record FunctionFacts(int vendor, int device, boolean virtualFunction, boolean intx, List<Bar> bars,
        long romSize) {

    public FunctionFacts {
        bars = List.copyOf(bars);
    }
}
