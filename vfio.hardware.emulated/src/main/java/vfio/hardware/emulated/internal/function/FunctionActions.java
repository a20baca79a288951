// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import vfio.pci.core.id.ResetMethod;

/**
 * The acts of a whole function that its parts ask for: its configuration space after a write, its hardware when a user
 * resets it. Called without a lock of the part that asks.
 */
interface FunctionActions {

    /** Resets the function by a method, with the outcome that its description gives the method. */
    void reset(ResetMethod method);

    /** Resets all functions behind this bridge. */
    void resetBelow();

    /**
     * Resets all functions on the bus of this function, by the bridge above it.
     *
     * @throws vfio.core.VfioException ENOTTY where the bus is a root bus or its bridge has no reset; EIO where the reset
     *     fails
     */
    void resetBus();

    /** Tells whether the function is behind a bridge that can reset its bus. */
    boolean busResettable();

    /**
     * Enters a power state.
     *
     * @param state 0 for D0 to 3 for D3hot
     */
    void powerState(int state);

    /** Delivers the interrupts that a write may have unmasked. */
    void interruptsLetOut();

    /** Makes the VFs what VF Enable and NumVFs say. */
    void virtualFunctionsSwitched();
}
