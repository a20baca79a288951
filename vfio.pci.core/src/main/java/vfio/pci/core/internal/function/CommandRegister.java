// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.List;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** The hardware's COMMAND register, PCI 3.0 section 6.2.2. */
final class CommandRegister {
    private static final int POSITION = 0x04;
    private static final int IO = 1;
    private static final int MEMORY = 1 << 1;
    private static final int BUS_MASTER = 1 << 2;
    private static final int INTX_DISABLE = 1 << 10;

    private final ConfigSpace config;

    CommandRegister(ConfigSpace config) {
        this.config = config;
    }

    /** Lets the function decode its BARs, as pci_enable_device does. */
    void enable(List<Bar> bars) {
        int io = bars.stream().anyMatch(Bar::io) ? IO : 0;
        int memory = bars.stream().allMatch(Bar::io) ? 0 : MEMORY;
        change(0, io | memory);
    }

    void clearBusMaster() {
        change(BUS_MASTER, 0);
    }

    /** No decoding, no DMA, no INTx. */
    void disableAll() {
        config.write(POSITION, 2, INTX_DISABLE);
    }

    void allowIntx() {
        change(INTX_DISABLE, 0);
    }

    private void change(int clear, int set) {
        synchronized (config) {
            int value = config.read(POSITION, 2);
            if (((value & ~clear) | set) != value) {
                config.write(POSITION, 2, value & ~clear | set);
            }
        }
    }
}
