// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.ResetOutcome;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.pci.core.id.ResetMethod;

/** The Secondary Bus Reset of bridges; done without the lock of the functions present, since VFs may go. */
final class BusResets {
    private final PresentFunctions present;

    BusResets(PresentFunctions present) {
        this.present = present;
    }

    private static ResetOutcome outcome(EmulatedFunction bridge) {
        return bridge.description().reset(ResetMethod.BUS);
    }

    /** Tells whether there is a bridge above a function that has the reset. */
    boolean resettable(EmulatedFunction function) {
        return present.bridgeAbove(function).filter(bridge -> outcome(bridge) != ResetOutcome.ABSENT).isPresent();
    }

    /**
     * Resets the bus of a function, by the bridge above it.
     *
     * @throws VfioException ENOTTY where the bus is a root bus or its bridge has no reset; EIO where the reset fails
     */
    void resetBus(EmulatedFunction function) {
        String what = "reset the bus of " + function.address() + ": ";
        EmulatedFunction bridge = present.bridgeAbove(function)
                .orElseThrow(() -> new VfioException(Errno.ENOTTY, what + "it is a root bus"));
        if (outcome(bridge) == ResetOutcome.ABSENT) {
            throw new VfioException(Errno.ENOTTY, what + "its bridge " + bridge.address() + " cannot");
        } else if (outcome(bridge) == ResetOutcome.FAILS) {
            throw new VfioException(Errno.EIO, what + "its bridge " + bridge.address() + " failed; nothing was reset");
        }
        resetBelow(bridge);
    }

    /** Resets everything behind a bridge. */
    void resetBelow(EmulatedFunction bridge) {
        ResetOutcome outcome = outcome(bridge);
        present.below(bridge).forEach(function -> function.reset(ResetMethod.BUS, outcome));
    }
}
