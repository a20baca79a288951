// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.CAP_ID_MSI;
import static vfio.pci.core.id.PciRegisters.MSI_ADDRESS_HI;
import static vfio.pci.core.id.PciRegisters.MSI_ADDRESS_LO;
import static vfio.pci.core.id.PciRegisters.MSI_DATA_32;
import static vfio.pci.core.id.PciRegisters.MSI_DATA_64;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_64BIT;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_ENABLE;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_MASKBIT;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_QMASK;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_QSIZE;
import static vfio.pci.core.id.PciRegisters.MSI_MASK_32;
import static vfio.pci.core.id.PciRegisters.MSI_MASK_64;
import static vfio.pci.core.id.PciRegisters.MSI_PENDING_32;
import static vfio.pci.core.id.PciRegisters.MSI_PENDING_64;

import java.util.ArrayList;
import java.util.List;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * MSI, PCI 3.0 section 6.8.1. Address and data never reach the hardware, and a user's enable does so only while MSI is
 * the interrupt in use.
 */
final class MessageSignalledInterrupts extends PlainRange {
    static final CapabilityKind KIND = CapabilityKind.of(CAP_ID_MSI, 10, MessageSignalledInterrupts::length)
            .laidOut(MessageSignalledInterrupts::registers)
            .acting(MessageSignalledInterrupts::new);

    private final int start;
    private final EnabledFunction function;

    private MessageSignalledInterrupts(int start, Shadow shadow, EnabledFunction function) {
        super(shadow);
        this.start = start;
        this.function = function;
    }

    private static int length(ConfigSpace hardware, int start) {
        int flags = hardware.read(start + MSI_FLAGS, 2);
        return 10 + ((flags & MSI_FLAGS_64BIT) != 0 ? 4 : 0) + ((flags & MSI_FLAGS_MASKBIT) != 0 ? 10 : 0);
    }

    private static List<Register> registers(ConfigSpace hardware, int start) {
        int flags = hardware.read(start + MSI_FLAGS, 2);
        boolean wide = (flags & MSI_FLAGS_64BIT) != 0;
        List<Register> rows = new ArrayList<>(List.of(
                Register.virtual(MSI_FLAGS, 1),
                Register.virtual(MSI_ADDRESS_LO, 4),
                Register.virtual(wide ? MSI_DATA_64 : MSI_DATA_32, 2)));
        if (wide) {
            rows.add(Register.virtual(MSI_ADDRESS_HI, 4));
        }
        if ((flags & MSI_FLAGS_MASKBIT) != 0) {
            rows.add(Register.hardware(wide ? MSI_MASK_64 : MSI_MASK_32, 4, Register.ALL));
            rows.add(Register.hardware(wide ? MSI_PENDING_64 : MSI_PENDING_32, 4, Register.ALL));
        }
        return rows;
    }

    @Override
    public int read(int position, int width) {
        if (reachesFlags(position, width)) {
            int flags = shadow.get(start + MSI_FLAGS, 1) & ~MSI_FLAGS_QMASK;
            shadow.set(start + MSI_FLAGS, 1, flags | function.msiQmax() << 1);
        }
        return super.read(position, width);
    }

    @Override
    public void write(int position, int width, int value) {
        super.write(position, width, value);
        if (reachesFlags(position, width)) {
            switchOn();
        }
    }

    /** Tells whether an access reaches the byte of the flags that the shadow serves. */
    private boolean reachesFlags(int position, int width) {
        return position <= start + MSI_FLAGS && position + width > start + MSI_FLAGS;
    }

    private void switchOn() {
        int flags = shadow.get(start + MSI_FLAGS, 2);
        if (!function.msiInUse()) {
            flags &= ~MSI_FLAGS_ENABLE;
        }
        if ((flags & MSI_FLAGS_QSIZE) >>> 4 > function.msiQmax()) {
            flags = flags & ~MSI_FLAGS_QSIZE | function.msiQmax() << 4;
        }
        shadow.set(start + MSI_FLAGS, 2, flags);
        shadow.hardware().write(start + MSI_FLAGS, 2, flags);
    }
}
