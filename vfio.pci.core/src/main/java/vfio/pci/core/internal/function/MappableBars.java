// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.Optional;
import vfio.core.SharedMemory;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.RawHardware;

/**
 * The choice of BARs of memory that users may map (vfio_pci_probe_mmaps, drivers/vfio/pci/vfio_pci_core.c). A mapping is of
 * whole pages, so a BAR smaller than a page must have its page for itself.
 */
final class MappableBars {
    private MappableBars() {
    }

    /** Returns a bit for each mappable BAR, by the addresses that BARs have when the function is opened. */
    static int of(PciFunction function, RawHardware raw, Neighbourhood neighbourhood) {
        int mappable = 0;
        for (Bar bar : function.bars()) {
            boolean pages = !bar.io() && (bar.size() >= SharedMemory.PAGE || alone(function, raw, bar, neighbourhood));
            mappable |= pages ? 1 << bar.index() : 0;
        }
        return mappable;
    }

    private static boolean alone(PciFunction function, RawHardware raw, Bar bar, Neighbourhood neighbourhood) {
        Optional<BarRange> place = BarRange.of(function, bar);
        if (place.isEmpty()) {
            return true; // a BAR without an address shares no page
        }
        BarRange rest = new BarRange(place.get().end(), place.get().first() + SharedMemory.PAGE);
        return place.get().first() % SharedMemory.PAGE == 0 && !rest.decodedBy(function, raw) && !neighbourhood.decodes(rest);
    }
}
