// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_INTX_DISABLE;
import static vfio.pci.core.id.PciRegisters.COMMAND_IO;
import static vfio.pci.core.id.PciRegisters.COMMAND_MASTER;
import static vfio.pci.core.id.PciRegisters.COMMAND_MEMORY;

import java.util.List;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** The hardware's COMMAND register, PCI 3.0 section 6.2.2. */
final class CommandRegister {
    private final ConfigSpace config;

    CommandRegister(ConfigSpace config) {
        this.config = config;
    }

    /** Lets the function decode its BARs, as pci_enable_device does. */
    void enable(List<Bar> bars) {
        int io = bars.stream().anyMatch(Bar::io) ? COMMAND_IO : 0;
        int memory = bars.stream().allMatch(Bar::io) ? 0 : COMMAND_MEMORY;
        change(0, io | memory);
    }

    void clearBusMaster() {
        change(COMMAND_MASTER, 0);
    }

    /** Switches off decoding, DMA and INTx. */
    void disableAll() {
        config.write(COMMAND, 2, COMMAND_INTX_DISABLE);
    }

    void allowIntx() {
        change(COMMAND_INTX_DISABLE, 0);
    }

    private void change(int clear, int set) {
        synchronized (config) {
            int value = config.read(COMMAND, 2);
            if (((value & ~clear) | set) != value) {
                config.write(COMMAND, 2, value & ~clear | set);
            }
        }
    }
}
