// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import vfio.hardware.emulated.config.ConfigImage;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** The rules of the power management registers (PCI Bus Power Management 1.2 §3.2). */
final class PowerRegisters {
    static final int D3_HOT = 3;
    static final int PME_STATUS = 1 << 15;
    private static final int CAPABILITY = 0x01;
    private static final int CONTROL = 4;
    private static final int STATE = 3;

    private PowerRegisters() {
    }

    /** Returns the position of PMCSR, or 0 without power management. */
    static int control(ConfigImage image) {
        int power = image.standard(CAPABILITY);
        return power == 0 ? 0 : power + CONTROL;
    }

    /** Returns a byte after a write: D1 and D2 are not entered where the function does not have the state. */
    static int accepted(ConfigImage image, int offset, int before, int after) {
        int control = control(image);
        int state = after & STATE;
        if (control == 0 || offset != control || state == 0 || state == D3_HOT) {
            return after;
        }
        boolean has = (image.value(control - 1) & (state == 1 ? 0x02 : 0x04)) != 0;
        return has ? after : after & ~STATE | before & STATE;
    }

    /** Returns the power state, 0 for D0 to 3 for D3hot. */
    static int state(ConfigSpace config, ConfigImage image) {
        int control = control(image);
        return control == 0 ? 0 : config.read(control, 1) & STATE;
    }

    /** Tells whether the way from D3hot to D0 resets the function: No_Soft_Reset is clear. */
    static boolean losesState(ConfigImage image) {
        int control = control(image);
        return control != 0 && (image.value(control) & 8) == 0;
    }
}
