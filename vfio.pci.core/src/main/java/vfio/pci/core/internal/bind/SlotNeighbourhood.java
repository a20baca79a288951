// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

import java.util.List;
import java.util.Optional;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.ResetMethod;
import vfio.pci.core.internal.function.BarRange;
import vfio.pci.core.internal.function.Neighbourhood;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Functions;
import vfio.pci.core.internal.sriov.VfToken;
import vfio.pci.core.internal.vga.VgaArbiter;

/** The neighbourhood of a function, as the core's index of functions has it. */
record SlotNeighbourhood(FunctionSlot slot, RawHardware raw, Functions functions, HotReset hotReset)
        implements Neighbourhood {

    @Override
    public boolean aloneOnBus() {
        return functions.below(slot).size() == 1;
    }

    @Override
    public void resetIfIdle() {
        hotReset.resetIfIdle(slot, raw);
    }

    @Override
    public List<ResetMethod> resetOrder() {
        return slot.resetOrder().methods();
    }

    @Override
    public DmaAccess dma() {
        return slot.member();
    }

    @Override
    public Optional<VfToken> token() {
        return Optional.ofNullable(slot.bound()).map(FunctionSlot.Bound::token);
    }

    @Override
    public Optional<VfToken> physicalToken() {
        return functions.physicalToken(slot);
    }

    @Override
    public VgaArbiter vga() {
        return functions.vga(slot.bus());
    }

    @Override
    public boolean decodes(BarRange range) {
        return functions.anyBeside(slot,
                other -> other.raw().filter(its -> range.decodedBy(other.function(), its)).isPresent());
    }

    @Override
    public List<PciFunction> path() {
        return functions.path(slot);
    }

    @Override
    public int highestBus() {
        return functions.below(slot).stream().mapToInt(other -> other.function().address().bus()).max().orElseThrow();
    }
}
