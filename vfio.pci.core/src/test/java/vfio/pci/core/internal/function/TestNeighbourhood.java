// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.ArrayList;
import java.util.List;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.fake.FakeCard;
import vfio.pci.core.internal.vga.VgaArbiter;

/** The surroundings of a function as a test lays them out: at first it is alone on a root bus. */
class TestNeighbourhood extends AloneOnBus {
    final List<PciFunction> path = new ArrayList<>();
    final List<FakeCard> others = new ArrayList<>();
    VgaArbiter arbiter = new VgaArbiter();
    private final Runnable whenIdle;

    TestNeighbourhood(PciFunction function, Runnable whenIdle) {
        super(function);
        path.add(function);
        this.whenIdle = whenIdle;
    }

    @Override
    public void resetIfIdle() {
        whenIdle.run();
    }

    @Override
    public VgaArbiter vga() {
        return arbiter;
    }

    @Override
    public int highestBus() {
        return 1;
    }

    @Override
    public boolean decodes(BarRange range) {
        return others.stream().anyMatch(other -> range.decodedBy(other, other.raw));
    }

    @Override
    public List<PciFunction> path() {
        return path;
    }
}
