// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.List;
import java.util.Optional;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.ResetMethod;
import vfio.pci.core.internal.sriov.VfToken;
import vfio.pci.core.internal.vga.VgaArbiter;

/** The neighbourhood of a function: what the function's backend must know of the others on its bus. */
public interface Neighbourhood {

    /** Tells whether no other function is on the bus. */
    boolean aloneOnBus();

    /**
     * Resets the whole bus where a member of the set needs a reset and nobody uses any of them (vfio_pci_dev_set_try_reset).
     */
    void resetIfIdle();

    /** Returns the reset methods that are tried, in this order: the kernel's, unless an operator has chosen others. */
    default List<ResetMethod> resetOrder() {
        return List.of(ResetMethod.values());
    }

    /** Returns the function's way to memory, null for none. */
    DmaAccess dma();

    /** Returns the token of a PF that is a VFIO device; empty for any other function. */
    Optional<VfToken> token();

    /**
     * Returns the token of a VF's PF, where the PF is bound to a VFIO driver, for the VF's users to be counted with; else
     * empty.
     */
    Optional<VfToken> physicalToken();

    /** Returns the arbiter that shares the legacy VGA ranges of the bus. */
    VgaArbiter vga();

    /** Returns the highest bus number among the function's bus and those below it. */
    int highestBus();

    /** Tells whether another function decodes some of these addresses. */
    boolean decodes(BarRange range);

    /** Returns the function (for a VF its PF) and the bridges above, nearest first. */
    List<PciFunction> path();
}
