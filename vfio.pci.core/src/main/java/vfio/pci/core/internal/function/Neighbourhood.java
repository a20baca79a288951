// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.List;
import java.util.Optional;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.ResetMethod;
import vfio.pci.core.internal.sriov.VfToken;
import vfio.pci.core.internal.vga.VgaArbiter;

/** What a function must know of those around it. */
public interface Neighbourhood {

    /** Whether no other function is on its bus. */
    boolean aloneOnBus();

    /** Resets the whole bus where a member of the set needs that and nobody uses any (vfio_pci_dev_set_try_reset). */
    void resetIfIdle();

    /** The reset methods that are tried, in this order; the kernel's, unless an operator has said otherwise. */
    default List<ResetMethod> resetOrder() {
        return List.of(ResetMethod.values());
    }

    /** The function's way to memory, null for none. */
    DmaAccess dma();

    /** For a PF its token. */
    Optional<VfToken> token();

    /** For a VF: its PF's token counts its users from now on, where the PF is bound to a VFIO driver. */
    Optional<VfToken> physicalToken();

    /** Shares the legacy VGA ranges of its bus. */
    VgaArbiter vga();

    /** The highest bus below the one it is on. */
    int highestBus();

    /** Whether another function decodes some of these addresses. */
    boolean decodes(BarRange range);

    /** The function, for a VF its PF, and the bridges above it, nearest first. */
    List<PciFunction> path();
}
