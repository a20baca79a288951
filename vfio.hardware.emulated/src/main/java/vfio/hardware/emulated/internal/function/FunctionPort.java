// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_MASTER;
import static vfio.pci.core.id.PciRegisters.PM_CTRL_PME_STATUS;

import java.nio.ByteBuffer;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.model.ModelPort;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.bus.RawHardware.Listener;
import vfio.pci.core.id.PciAddress;

/**
 * The way out of a function, for its device model and for whoever acts in the model's place: messages, its pin, DMA, errors
 * and wake-ups. The port of an unplugged function does nothing, for nobody is connected to it.
 */
final class FunctionPort implements ModelPort {

    private final PciAddress address;
    private final RawConfig config;
    private final EmulatedInterrupts interrupts;
    private volatile Listener listener;
    private volatile DmaAccess memory;

    FunctionPort(PciAddress address, RawConfig config, EmulatedInterrupts interrupts) {
        this.address = address;
        this.config = config;
        this.interrupts = interrupts;
    }

    /** Exchanges the listener for errors and wake-ups; returns the one before, or null. */
    Listener listener(Listener next) {
        Listener before = listener;
        listener = next;
        return before;
    }

    /** Attaches the memory that the function masters the bus for; null detaches. */
    void dma(DmaAccess access) {
        memory = access;
    }

    @Override
    public PciAddress address() {
        return address;
    }

    @Override
    public boolean messagesEnabled() {
        return interrupts.messagesEnabled();
    }

    @Override
    public void raise(int vector) {
        interrupts.raise(vector);
    }

    @Override
    public void assertIntx(boolean asserted) {
        interrupts.line(asserted);
    }

    @Override
    public void readMemory(long iova, ByteBuffer target) {
        memory(iova).read(iova, target);
    }

    @Override
    public void writeMemory(long iova, ByteBuffer source) {
        memory(iova).write(iova, source);
    }

    private DmaAccess memory(long iova) {
        DmaAccess access = memory;
        boolean master = (config.read(COMMAND, 2) & COMMAND_MASTER) != 0;
        if (access == null || !master || config.asleep()) {
            throw new VfioException(Errno.EIO, "DMA of %s at %xh: ".formatted(address, iova) + (!master
                    ? "bus mastering is not enabled; set bit 2 of COMMAND"
                    : access == null ? "no memory is attached to it" : "it sleeps in D3hot"));
        }
        return access;
    }

    @Override
    public void reportError() {
        Listener told = listener;
        if (ErrorReporting.uncorrectable(config) && told != null) {
            told.errorDetected();
        }
    }

    @Override
    public void wakeUp() {
        int control = PowerRegisters.control(config.image());
        if (control != 0) {
            config.report(control, 2, PM_CTRL_PME_STATUS);
        }
        Listener told = listener;
        if (told != null) {
            told.wakeUp();
        }
    }
}
