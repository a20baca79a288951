// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import vfio.core.Errno;
import vfio.core.MemoryRegion;
import vfio.core.RegionOperations;
import vfio.core.VfioException;
import vfio.pci.core.PciFunction.Bar;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.RawHardware;

/** What an emulated function is besides its configuration space; made when somebody first reaches for it. */
final class EmulatedHardware implements RawHardware {
    private final EmulatedFunction function;
    private final EmulatedInterrupts interrupts;
    private volatile Listener listener;

    EmulatedHardware(EmulatedFunction function) {
        this.function = function;
        interrupts = new EmulatedInterrupts(function);
    }

    @Override
    public RegionOperations bar(int index) {
        for (Bar bar : function.bars()) {
            if (bar.index() == index) {
                return new MemoryRegion(function.memory(bar));
            }
        }
        throw new VfioException(Errno.EINVAL, "reach BAR " + index + " of " + function.address() + ": it has "
                + function.bars());
    }

    @Override
    public RegionOperations rom() {
        return null;
    }

    @Override
    public long romSize() {
        return 0;
    }

    @Override
    public RegionOperations vga() {
        return null;
    }

    @Override
    public InterruptLines interrupts() {
        return interrupts;
    }

    EmulatedInterrupts lines() {
        return interrupts;
    }

    @Override
    public Quirks quirks() {
        return Quirks.NONE;
    }

    @Override
    public void resetDevice() {
        throw new VfioException(Errno.ENOTTY, "reset " + function.address() + " by a method of its own: it has none");
    }

    @Override
    public void resetBus() {
        function.bus().resetBus(function);
    }

    @Override
    public boolean busResettable() {
        return function.bus().bridgeAbove(function).isPresent();
    }

    @Override
    public Listener listener(Listener next) {
        Listener before = listener;
        listener = next;
        return before;
    }

    void errorDetected() {
        Listener told = listener;
        if (told != null) {
            told.errorDetected();
        }
    }

    void wakeUp() {
        Listener told = listener;
        if (told != null) {
            told.wakeUp();
        }
    }
}
