// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import static vfio.pci.core.id.PciRegisters.CAP_ID_PM;
import static vfio.pci.core.id.PciRegisters.D0;
import static vfio.pci.core.id.PciRegisters.D3_HOT;
import static vfio.pci.core.id.PciRegisters.PM_CAP_D1;
import static vfio.pci.core.id.PciRegisters.PM_CAP_D2;
import static vfio.pci.core.id.PciRegisters.PM_CTRL;
import static vfio.pci.core.id.PciRegisters.PM_CTRL_NO_SOFT_RESET;
import static vfio.pci.core.id.PciRegisters.PM_CTRL_STATE_MASK;

import vfio.hardware.emulated.config.ConfigImage;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** The rules of the power management registers (PCI Bus Power Management 1.2 §3.2). */
final class PowerRegisters {

    private PowerRegisters() {
    }

    /** Returns the position of PMCSR, or 0 without power management. */
    static int control(ConfigImage image) {
        int power = image.standard(CAP_ID_PM);
        return power == 0 ? 0 : power + PM_CTRL;
    }

    /** Returns a byte after a write: D1 and D2 are not entered where the function does not have the state. */
    static int accepted(ConfigImage image, int offset, int before, int after) {
        int control = control(image);
        int state = after & PM_CTRL_STATE_MASK;
        if (control == 0 || offset != control || state == D0 || state == D3_HOT) {
            return after;
        }
        boolean has = (image.value(control - 1) & (state == 1 ? PM_CAP_D1 : PM_CAP_D2) >>> 8) != 0;
        return has ? after : after & ~PM_CTRL_STATE_MASK | before & PM_CTRL_STATE_MASK;
    }

    /** Returns the power state, 0 for D0 to 3 for D3hot. */
    static int state(ConfigSpace config, ConfigImage image) {
        int control = control(image);
        return control == 0 ? 0 : config.read(control, 1) & PM_CTRL_STATE_MASK;
    }

    /** Tells whether the way from D3hot to D0 resets the function: No_Soft_Reset is clear. */
    static boolean losesState(ConfigImage image) {
        int control = control(image);
        return control != 0 && (image.value(control) & PM_CTRL_NO_SOFT_RESET) == 0;
    }
}
