// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.Optional;
import vfio.core.SharedMemory;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.PciFunction.Bar;

/**
 * Which BARs of memory users may map (vfio_pci_probe_mmaps, drivers/vfio/pci/vfio_pci_core.c): a mapping is of whole pages,
 * so one that is smaller must have its page for itself.
 */
final class MappableBars {
    private MappableBars() {
    }

    /** A bit for each, as addresses are when the function is opened. */
    static int of(PciFunction function, Neighbourhood neighbourhood) {
        int mappable = 0;
        for (Bar bar : function.bars()) {
            boolean pages = !bar.io() && (bar.size() >= SharedMemory.PAGE || alone(function, bar, neighbourhood));
            mappable |= pages ? 1 << bar.index() : 0;
        }
        return mappable;
    }

    private static boolean alone(PciFunction function, Bar bar, Neighbourhood neighbourhood) {
        Optional<BarRange> place = BarRange.of(function, bar);
        if (place.isEmpty()) {
            return true; // without an address it shares no page
        }
        BarRange rest = new BarRange(place.get().end(), place.get().first() + SharedMemory.PAGE);
        return place.get().first() % SharedMemory.PAGE == 0 && !rest.decodedBy(function) && !neighbourhood.decodes(rest);
    }
}
