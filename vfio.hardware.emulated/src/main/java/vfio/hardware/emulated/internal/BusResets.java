// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.ResetOutcome;
import vfio.pci.core.id.ResetMethod;

/** Secondary Bus Reset of bridges; without the table's lock, since VFs may go. */
final class BusResets {
    private final FunctionTable table;

    BusResets(FunctionTable table) {
        this.table = table;
    }

    private static ResetOutcome outcome(EmulatedFunction bridge) {
        return bridge.model().behaviour().reset(ResetMethod.BUS);
    }

    /** Whether there is a bridge above that can. */
    boolean resettable(EmulatedFunction function) {
        return table.bridgeAbove(function).filter(bridge -> outcome(bridge) != ResetOutcome.ABSENT).isPresent();
    }

    /** By the bridge above a function. */
    void resetBus(EmulatedFunction function) {
        String what = "reset the bus of " + function.address() + ": ";
        EmulatedFunction bridge = table.bridgeAbove(function)
                .orElseThrow(() -> new VfioException(Errno.ENOTTY, what + "it is a root bus"));
        if (outcome(bridge) == ResetOutcome.ABSENT) {
            throw new VfioException(Errno.ENOTTY, what + "its bridge " + bridge.address() + " cannot");
        } else if (outcome(bridge) == ResetOutcome.FAILS) {
            throw new VfioException(Errno.EIO, what + "its bridge " + bridge.address() + " failed; nothing was reset");
        }
        resetBelow(bridge);
    }

    /** Everything behind a bridge. */
    void resetBelow(EmulatedFunction bridge) {
        ResetOutcome outcome = outcome(bridge);
        table.below(bridge).forEach(function -> function.reset(ResetMethod.BUS, outcome));
    }
}
