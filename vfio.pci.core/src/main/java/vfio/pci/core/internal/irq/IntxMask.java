// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.internal.config.IntxDisable;

/** How INTx is masked: by the function itself, so that its line can be shared, or where it arrives. */
interface IntxMask {

    void mask();

    void unmask();

    /** @return whether the function has an interrupt pending, and is therefore masked now */
    boolean maskIfPending();

    /** @return false where the interrupt is still pending: it stays masked and is to be raised again */
    boolean unmaskUnlessPending();

    /** By the INTx Disable bit of PCI 2.3. */
    static IntxMask byFunction(IntxDisable bit) {
        return new IntxMask() {
            @Override
            public void mask() {
                bit.set(true);
            }

            @Override
            public void unmask() {
                bit.set(false);
            }

            @Override
            public boolean maskIfPending() {
                return bit.maskIfPending();
            }

            @Override
            public boolean unmaskUnlessPending() {
                return bit.unmaskUnlessPending();
            }
        };
    }

    /** At the interrupt controller: the line is the function's own, and what arrives while it is masked is left there. */
    static IntxMask byController(InterruptLines lines) {
        return new IntxMask() {
            @Override
            public void mask() {
            }

            @Override
            public void unmask() {
            }

            @Override
            public boolean maskIfPending() {
                return true;
            }

            @Override
            public boolean unmaskUnlessPending() {
                return !lines.asserted();
            }
        };
    }
}
