// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_INTX_DISABLE;
import static vfio.pci.core.id.PciRegisters.COMMAND_IO;
import static vfio.pci.core.id.PciRegisters.COMMAND_MEMORY;
import static vfio.pci.core.id.PciRegisters.DEVICE_ID;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_PIN;
import static vfio.pci.core.id.PciRegisters.STD_HEADER_SIZEOF;
import static vfio.pci.core.id.PciRegisters.VENDOR_ID;

/**
 * The first 64 bytes: COMMAND with what it switches, and the BARs. Made from the hardware's values at enable.
 */
final class BasicHeader extends PlainRange {
    private final FunctionFacts facts;
    private final EnabledFunction function;
    private final BaseAddresses addresses;
    private volatile boolean memory;
    private boolean intxMasked;
    private boolean intxEnabled;

    BasicHeader(Shadow shadow, FunctionFacts facts, EnabledFunction function) {
        super(shadow);
        this.facts = facts;
        this.function = function;
        shadow.load(0, STD_HEADER_SIZEOF);
        shadow.assign(0, STD_HEADER_SIZEOF, this);
        HeaderRegisters.PERMISSIONS.forEach(register -> shadow.permit(0, STD_HEADER_SIZEOF, register));
        addresses = new BaseAddresses(shadow, facts);
        if (facts.virtualFunction()) { // SR-IOV 1.1 section 3.4.1: ids read FFFF, there is no MEM, and no pin
            shadow.set(VENDOR_ID, 2, facts.vendor());
            shadow.set(DEVICE_ID, 2, facts.device());
            shadow.set(COMMAND, 2, shadow.get(COMMAND, 2) | COMMAND_MEMORY);
        }
        if (facts.virtualFunction() || !facts.intx()) {
            shadow.set(INTERRUPT_PIN, 1, 0);
        }
        memory = (shadow.get(COMMAND, 2) & COMMAND_MEMORY) != 0;
    }

    /** Tells whether the user has memory decoding on; a VF always decodes. Takes no lock. */
    boolean memory() {
        return facts.virtualFunction() || memory;
    }

    @Override
    public int read(int position, int width) {
        if (BaseAddresses.covers(position)) {
            addresses.settle();
        }
        int value = super.read(position, width);
        boolean memoryFromShadow = position == COMMAND && facts.virtualFunction();
        return memoryFromShadow ? value | shadow.get(COMMAND, 1) & COMMAND_MEMORY : value;
    }

    @Override
    public void write(int position, int width, int value) {
        if (position == COMMAND) {
            writeDecoding(width, value);
        } else {
            super.write(position, width, value);
        }
        if (position == COMMAND || position == COMMAND + 1) {
            switchIntx();
        }
        if (BaseAddresses.covers(position)) {
            addresses.written();
        }
    }

    /** Writes COMMAND under the memory lock: no user may reach a BAR while its decoding or its address changes. */
    private void writeDecoding(int width, int value) {
        function.lockMemory();
        try {
            if ((value & COMMAND_MEMORY) == 0) {
                memory = false;
                function.zapMappings();
            }
            if (decodingLost(value) || addresses.lost()) {
                addresses.restore();
            }
            super.write(COMMAND, width, value);
            int decoding = COMMAND_IO | COMMAND_MEMORY;
            shadow.set(COMMAND, 1, shadow.get(COMMAND, 1) & ~decoding | value & decoding);
        } finally {
            memory = (shadow.get(COMMAND, 2) & COMMAND_MEMORY) != 0;
            function.unlockMemory();
        }
    }

    /** Tells whether a decoding that the user had and keeps is off in the hardware. */
    private boolean decodingLost(int value) {
        int had = shadow.get(COMMAND, 1) & ~shadow.hardware().read(COMMAND, 2);
        int watched = facts.virtualFunction() ? COMMAND_IO : COMMAND_IO | COMMAND_MEMORY;
        return (value & had & watched) != 0;
    }

    private void switchIntx() {
        boolean disabled = (shadow.get(COMMAND, 2) & COMMAND_INTX_DISABLE) != 0;
        if (disabled != intxMasked) {
            intxMasked = disabled;
            if (disabled) {
                function.maskIntx();
            } else {
                function.enableIntx();
                intxEnabled = true;
            }
        }
    }

    /** Tells whether INTx was enabled since the last call, and is to be unmasked. */
    boolean intxEnabled() {
        boolean enabled = intxEnabled;
        intxEnabled = false;
        return enabled;
    }
}
