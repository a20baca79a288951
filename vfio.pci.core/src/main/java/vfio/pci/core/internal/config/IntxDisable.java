// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_INTX_DISABLE;
import static vfio.pci.core.id.PciRegisters.STATUS_INTERRUPT;

import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * The hardware's INTx disable bit, PCI 2.3 section 6.2.2, by which an interrupt line can be shared. Lives as long as
 * the {@link VirtualConfig} that gave it; safe from any thread, and takes no lock but the hardware's.
 */
public final class IntxDisable {
    private static final int PENDING = STATUS_INTERRUPT << 16;

    private final ConfigSpace hardware;

    IntxDisable(ConfigSpace hardware) {
        this.hardware = hardware;
    }

    /** Tells whether the function has the bit: it can be toggled and reads back. */
    public boolean supported() {
        synchronized (hardware) {
            int command = hardware.read(COMMAND, 2);
            hardware.write(COMMAND, 2, command ^ COMMAND_INTX_DISABLE);
            int toggled = hardware.read(COMMAND, 2);
            if (toggled == command) {
                return false;
            }
            hardware.write(COMMAND, 2, command);
            return (toggled ^ command) == COMMAND_INTX_DISABLE;
        }
    }

    /** Sets the bit or clears it; a write that changes nothing is left out. */
    public void set(boolean disabled) {
        synchronized (hardware) {
            int command = hardware.read(COMMAND, 2);
            int wanted = disabled ? command | COMMAND_INTX_DISABLE : command & ~COMMAND_INTX_DISABLE;
            if (wanted != command) {
                hardware.write(COMMAND, 2, wanted);
            }
        }
    }

    /** Tells whether the function asserts INTx, masked or not (Interrupt Status). */
    public boolean pending() {
        return (hardware.read(COMMAND, 4) & PENDING) != 0;
    }
}
