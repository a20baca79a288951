// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_0;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_1;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_2;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_3;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_4;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_5;
import static vfio.pci.core.id.PciRegisters.BIST;
import static vfio.pci.core.id.PciRegisters.CACHE_LINE_SIZE;
import static vfio.pci.core.id.PciRegisters.CAPABILITY_LIST;
import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_INTX_DISABLE;
import static vfio.pci.core.id.PciRegisters.DEVICE_ID;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_LINE;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_PIN;
import static vfio.pci.core.id.PciRegisters.LATENCY_TIMER;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS;
import static vfio.pci.core.id.PciRegisters.STATUS;
import static vfio.pci.core.id.PciRegisters.STATUS_CAP_LIST;
import static vfio.pci.core.id.PciRegisters.VENDOR_ID;

import java.util.List;

/** The type 0 header, PCI 3.0 section 6.1. */
final class HeaderRegisters {
    /** Whatever has no row is the hardware's and read-only. */
    static final List<Register> PERMISSIONS = List.of(
            Register.fixed(VENDOR_ID, 2),
            Register.fixed(DEVICE_ID, 2),
            new Register(COMMAND, 2, COMMAND_INTX_DISABLE, Register.ALL),
            new Register(STATUS, 2, STATUS_CAP_LIST, Register.NONE),
            Register.hardware(CACHE_LINE_SIZE, 1, Register.ALL),
            Register.hardware(LATENCY_TIMER, 1, Register.ALL),
            Register.hardware(BIST, 1, Register.ALL),
            Register.virtual(BASE_ADDRESS_0, 4),
            Register.virtual(BASE_ADDRESS_1, 4),
            Register.virtual(BASE_ADDRESS_2, 4),
            Register.virtual(BASE_ADDRESS_3, 4),
            Register.virtual(BASE_ADDRESS_4, 4),
            Register.virtual(BASE_ADDRESS_5, 4),
            Register.virtual(ROM_ADDRESS, 4),
            Register.fixed(CAPABILITY_LIST, 1),
            Register.virtual(INTERRUPT_LINE, 1),
            Register.fixed(INTERRUPT_PIN, 1));

    private HeaderRegisters() {
    }
}
