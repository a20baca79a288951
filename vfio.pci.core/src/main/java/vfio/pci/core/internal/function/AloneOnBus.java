// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.List;
import java.util.Optional;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.internal.sriov.VfToken;
import vfio.pci.core.internal.vga.VgaArbiter;

/** The neighbourhood of a function that is alone on its bus. */
public class AloneOnBus implements Neighbourhood {
    private final VgaArbiter arbiter = new VgaArbiter();
    private final PciFunction function;

    public AloneOnBus(PciFunction function) {
        this.function = function;
    }

    @Override
    public boolean aloneOnBus() {
        return true;
    }

    @Override
    public void resetIfIdle() {
        // the function's own reset is all there is
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
    public VgaArbiter vga() {
        return arbiter;
    }

    @Override
    public boolean decodes(BarRange range) {
        return false;
    }

    @Override
    public List<PciFunction> path() {
        return List.of(function);
    }

    @Override
    public int highestBus() {
        return function.address().bus();
    }
}
