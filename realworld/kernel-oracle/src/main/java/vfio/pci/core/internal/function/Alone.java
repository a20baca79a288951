// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.List;
import java.util.Optional;
import vfio.pci.core.PciFunction;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.internal.sriov.VfToken;
import vfio.pci.core.internal.vga.VgaArbiter;

/** The surroundings of a function that nothing else is near, nor above. */
record Alone(PciFunction function, VgaArbiter vga) implements Neighbourhood {

    @Override
    public boolean aloneOnBus() {
        return true;
    }

    @Override
    public void resetIfIdle() {
        // its bus cannot be reset
    }

    @Override
    public DmaAccess dma() {
        return null;
    }

    @Override
    public Optional<VfToken> token() {
        return Optional.empty();
    }

    @Override
    public Optional<VfToken> physicalToken() {
        return Optional.empty();
    }

    @Override
    public int highestBus() {
        return 0;
    }

    @Override
    public boolean decodes(BarRange range) {
        return false;
    }

    @Override
    public List<PciFunction> path() {
        return List.of(function);
    }
}
