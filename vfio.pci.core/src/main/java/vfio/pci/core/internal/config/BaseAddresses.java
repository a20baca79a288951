// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_0;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_5;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_MEM_PREFETCH;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_MEM_TYPE_64;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_SPACE_IO;
import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_INTX_DISABLE;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS_ENABLE;
import static vfio.pci.core.id.PciRegisters.STD_NUM_BARS;

import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * The BARs and the ROM BAR of a function, PCI 3.0 section 6.2.5. A user writes and sizes the shadow's, never the
 * hardware's; those are remembered at enable to be put back after a reset that nobody announced.
 */
final class BaseAddresses {
    private final Shadow shadow;
    private final FunctionFacts facts;
    private final int[] real = new int[STD_NUM_BARS];
    private final int realRom;
    private boolean dirty = true;

    /** Takes the addresses from a shadow in which the header is assigned and still has the hardware's values. */
    BaseAddresses(Shadow shadow, FunctionFacts facts) {
        this.shadow = shadow;
        this.facts = facts;
        for (int index = 0; index < real.length; index++) {
            real[index] = shadow.get(position(index), 4);
        }
        realRom = shadow.get(ROM_ADDRESS, 4);
    }

    private static int position(int index) {
        return BASE_ADDRESS_0 + 4 * index;
    }

    static boolean covers(int position) {
        return position >= BASE_ADDRESS_0 && position < BASE_ADDRESS_5 + 4
                || position >= ROM_ADDRESS && position < ROM_ADDRESS + 4;
    }

    /** Notes that a user wrote an address: the next read shows what a real BAR would have kept. */
    void written() {
        dirty = true;
    }

    void settle() {
        if (!dirty) {
            return;
        }
        int implemented = 0;
        for (int index = 0; index < facts.bars().size(); index++) {
            Bar bar = facts.bars().get(index);
            settle(bar);
            implemented |= (bar.wide() ? 3 : 1) << bar.index();
        }
        for (int index = 0; index < real.length; index++) {
            if ((implemented & 1 << index) == 0) {
                shadow.set(position(index), 4, 0);
            }
        }
        int romMask = facts.romSize() == 0 ? 0 : (int) -facts.romSize() | ROM_ADDRESS_ENABLE;
        keep(ROM_ADDRESS, romMask, 0);
        dirty = false;
    }

    private void settle(Bar bar) {
        long mask = -bar.size();
        int memory = (bar.wide() ? BASE_ADDRESS_MEM_TYPE_64 : 0) | (bar.prefetchable() ? BASE_ADDRESS_MEM_PREFETCH : 0);
        int flags = bar.io() ? BASE_ADDRESS_SPACE_IO : memory;
        keep(position(bar.index()), (int) mask, flags);
        if (bar.wide()) {
            keep(position(bar.index() + 1), (int) (mask >>> 32), 0);
        }
    }

    private void keep(int position, int mask, int flags) {
        shadow.set(position, 4, shadow.get(position, 4) & mask | flags);
    }

    /** Tells whether the hardware has lost an address: it was reset without our knowing. */
    boolean lost() {
        for (int index = 0; index < real.length; index++) {
            if (real[index] != 0 && shadow.hardware().read(position(index), 4) != real[index]) {
                return true;
            }
        }
        return false;
    }

    /** Puts the addresses back; a VF has none of its own. */
    void restore() {
        if (facts.virtualFunction()) {
            return;
        }
        ConfigSpace hardware = shadow.hardware();
        for (int index = 0; index < real.length; index++) {
            hardware.write(position(index), 4, real[index]);
        }
        hardware.write(ROM_ADDRESS, 4, realRom);
        if (!facts.intx()) {
            synchronized (hardware) {
                int command = hardware.read(COMMAND, 2);
                hardware.write(COMMAND, 2, command | COMMAND_INTX_DISABLE);
            }
        }
    }
}
