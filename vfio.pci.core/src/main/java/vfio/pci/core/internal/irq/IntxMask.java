// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import vfio.pci.core.bus.InterruptLines;

/** How INTx is masked: by the function itself, so that its line can be shared, or where it arrives. Called on any thread. */
public interface IntxMask {

    /** Tells whether the function asserts INTx now, masked or not. */
    boolean pending();

    /**
     * Masks or unmasks. Calls do not overlap.
     *
     * @param masked what it is to be; it may be so already
     */
    void set(boolean masked);

    /** Tells whether another function may raise on the same line: not where the line is masked as a whole. */
    boolean shareable();

    /**
     * Masks at the interrupt controller, for a function without a mask of its own: what arrives while the line is masked is
     * left there, and asked for when it is unmasked.
     */
    static IntxMask byController(InterruptLines lines) {
        return new IntxMask() {
            @Override
            public boolean pending() {
                return lines.asserted();
            }

            @Override
            public void set(boolean masked) {
                // what masks is the core, which drops what arrives
            }

            @Override
            public boolean shareable() {
                return false;
            }
        };
    }
}
