// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import static vfio.pci.core.id.PciRegisters.CAP_ID_EXP;
import static vfio.pci.core.id.PciRegisters.ERR_CAP;
import static vfio.pci.core.id.PciRegisters.ERR_UNCOR_MASK;
import static vfio.pci.core.id.PciRegisters.ERR_UNCOR_SEVER;
import static vfio.pci.core.id.PciRegisters.ERR_UNCOR_STATUS;
import static vfio.pci.core.id.PciRegisters.ERR_UNC_INTN;
import static vfio.pci.core.id.PciRegisters.EXP_DEVSTA;
import static vfio.pci.core.id.PciRegisters.EXP_DEVSTA_FED;
import static vfio.pci.core.id.PciRegisters.EXP_DEVSTA_NFED;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ERR;

import vfio.hardware.emulated.config.ConfigImage;

/** The registers in which a function reports an error (PCIe 6.0 §7.5.3.5, §7.8.4). */
final class ErrorReporting {
    private static final int INTERNAL_POINTER = Integer.numberOfTrailingZeros(ERR_UNC_INTN);

    private ErrorReporting() {
    }

    /** Records an uncorrectable error; returns whether the error leaves the function: its bit is not masked. */
    static boolean uncorrectable(RawConfig config) {
        ConfigImage image = config.image();
        int aer = image.extended(EXT_CAP_ID_ERR);
        boolean fatal = aer == 0 || (config.read(aer + ERR_UNCOR_SEVER, 4) & ERR_UNC_INTN) != 0;
        int express = image.standard(CAP_ID_EXP);
        if (express != 0) {
            config.report(express + EXP_DEVSTA, 2, fatal ? EXP_DEVSTA_FED : EXP_DEVSTA_NFED);
        }
        if (aer == 0) {
            return true;
        }
        boolean first = config.read(aer + ERR_UNCOR_STATUS, 4) == 0;
        config.report(aer + ERR_UNCOR_STATUS, 4, ERR_UNC_INTN);
        boolean masked = (config.read(aer + ERR_UNCOR_MASK, 4) & ERR_UNC_INTN) != 0;
        if (first && !masked) {
            config.report(aer + ERR_CAP, 4, INTERNAL_POINTER);
        }
        return !masked;
    }
}
