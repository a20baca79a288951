// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import static vfio.pci.core.id.PciRegisters.CAP_ID_EXP;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSI;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_QMASK;

import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.bus.RawHardware.Quirks;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.internal.config.IntxDisable;
import vfio.pci.core.internal.config.RawCapabilities;
import vfio.pci.core.internal.config.VirtualConfig;

/** Finds out which interrupts a function has. */
public final class FunctionInterrupts {
    private FunctionInterrupts() {
    }

    /**
     * Makes the interrupts of a function that is being opened.
     *
     * @param msix vectors of its MSI-X table
     * @param nointxmask whether its INTx Disable bit is not to be used, so that its line must be its own
     */
    public static Interrupts of(ConfigSpace config, RawHardware raw, VirtualConfig virtual, int msix, boolean nointxmask) {
        InterruptLines lines = raw.interrupts();
        Quirks quirks = raw.quirks();
        RawCapabilities capabilities = new RawCapabilities(config);
        int msi = capabilities.standard(CAP_ID_MSI).stream()
                .map(at -> 1 << ((config.read(at + MSI_FLAGS, 2) & MSI_FLAGS_QMASK) >>> 1)).findFirst().orElse(0);
        boolean express = capabilities.standard(CAP_ID_EXP).isPresent();
        IntxDisable bit = virtual.intx();
        boolean maskable = !nointxmask && !quirks.intxUnmaskable() && bit.supported();
        if (maskable) {
            bit.set(false);
        }
        return new Interrupts(new Interrupts.Counts(virtual.interruptPin() != 0, Math.min(msi, 32), msix, express), lines,
                maskable ? byFunction(bit) : IntxMask.byController(lines), virtual::awake);
    }

    /** Masks INTx by the INTx Disable bit of PCI 2.3. */
    private static IntxMask byFunction(IntxDisable bit) {
        return new IntxMask() {
            @Override
            public boolean pending() {
                return bit.pending();
            }

            @Override
            public void set(boolean masked) {
                bit.set(masked);
            }

            @Override
            public boolean shareable() {
                return true;
            }
        };
    }
}
