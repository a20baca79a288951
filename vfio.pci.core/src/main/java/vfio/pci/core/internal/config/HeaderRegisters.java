// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.util.List;

/** The type 0 header, PCI 3.0 section 6.1. */
final class HeaderRegisters {
    static final int SIZE = 0x40;
    static final int VENDOR_ID = 0x00;
    static final int DEVICE_ID = 0x02;
    static final int COMMAND = 0x04;
    static final int STATUS = 0x06;
    static final int BASE_ADDRESS_0 = 0x10;
    static final int BASE_ADDRESS_5 = 0x24;
    static final int ROM_ADDRESS = 0x30;
    static final int CAPABILITY_LIST = 0x34;
    static final int INTERRUPT_PIN = 0x3d;

    static final int COMMAND_IO = 1;
    static final int COMMAND_MEMORY = 1 << 1;
    static final int COMMAND_INTX_DISABLE = 1 << 10;
    static final int STATUS_INTERRUPT = 1 << 3;
    static final int STATUS_CAP_LIST = 1 << 4;

    /** Whatever has no row is the hardware's and read-only. */
    static final List<Register> PERMISSIONS = List.of(
            Register.fixed(VENDOR_ID, 2),
            Register.fixed(DEVICE_ID, 2),
            new Register(COMMAND, 2, COMMAND_INTX_DISABLE, Register.ALL),
            new Register(STATUS, 2, STATUS_CAP_LIST, Register.NONE),
            Register.hardware(0x0c, 1, Register.ALL), // cache line size
            Register.hardware(0x0d, 1, Register.ALL), // latency timer
            Register.hardware(0x0f, 1, Register.ALL), // BIST
            Register.virtual(0x10, 4),
            Register.virtual(0x14, 4),
            Register.virtual(0x18, 4),
            Register.virtual(0x1c, 4),
            Register.virtual(0x20, 4),
            Register.virtual(BASE_ADDRESS_5, 4),
            Register.virtual(ROM_ADDRESS, 4),
            Register.fixed(CAPABILITY_LIST, 1),
            Register.virtual(0x3c, 1), // interrupt line
            Register.fixed(INTERRUPT_PIN, 1));

    private HeaderRegisters() {
    }
}
