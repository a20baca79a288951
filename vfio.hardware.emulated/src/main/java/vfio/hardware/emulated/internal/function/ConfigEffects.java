// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import static vfio.pci.core.id.PciRegisters.AF_CAP;
import static vfio.pci.core.id.PciRegisters.AF_CAP_FLR;
import static vfio.pci.core.id.PciRegisters.AF_CAP_TP;
import static vfio.pci.core.id.PciRegisters.AF_CTRL;
import static vfio.pci.core.id.PciRegisters.AF_CTRL_FLR;
import static vfio.pci.core.id.PciRegisters.BRIDGE_CONTROL;
import static vfio.pci.core.id.PciRegisters.BRIDGE_CTL_BUS_RESET;
import static vfio.pci.core.id.PciRegisters.CAP_ID_AF;
import static vfio.pci.core.id.PciRegisters.CAP_ID_EXP;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSI;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSIX;
import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.D0;
import static vfio.pci.core.id.PciRegisters.D3_HOT;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP_FLR;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL_BCR_FLR;
import static vfio.pci.core.id.PciRegisters.MSIX_FLAGS;

import vfio.hardware.emulated.config.ConfigImage;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.id.ResetMethod;

/**
 * The effects of one write to configuration space besides the change of its bytes: resets, power states, and interrupts that
 * are unmasked. Prepared before the write; done after it, without the lock of the configuration space.
 */
final class ConfigEffects {
    private static final int MSI_LONGEST = 0x18;

    private final ConfigSpace config;
    private final ConfigImage image;
    private final int offset;
    private final int width;
    private final int power;
    private final boolean inReset;

    private ConfigEffects(ConfigSpace config, ConfigImage image, int offset, int width, int power, boolean inReset) {
        this.config = config;
        this.image = image;
        this.offset = offset;
        this.width = width;
        this.power = power;
        this.inReset = inReset;
    }

    /** Notes the values of registers before a write. */
    static ConfigEffects before(ConfigSpace config, ConfigImage image, int offset, int width) {
        return new ConfigEffects(config, image, offset, width, PowerRegisters.state(config, image),
                (config.read(BRIDGE_CONTROL, 1) & BRIDGE_CTL_BUS_RESET) != 0);
    }

    private boolean reaches(int position) {
        return offset <= position && position < offset + width;
    }

    /** Returns the byte of a written value that goes to a position. */
    private int written(int position, int value) {
        return value >>> Byte.SIZE * (position - offset) & 0xff;
    }

    /**
     * Does what the write asks for, after it was done.
     *
     * @param bridge whether the function is a bridge by its header type
     * @param value as written
     */
    void follow(FunctionActions function, boolean bridge, int value) {
        if (flr(value)) {
            function.reset(ResetMethod.FLR);
        } else if (advancedFlr(value)) {
            function.reset(ResetMethod.AF_FLR);
        } else if (reaches(PowerRegisters.control(image))) {
            changePower(function);
        } else if (bridge && reaches(BRIDGE_CONTROL)) {
            boolean wanted = (written(BRIDGE_CONTROL, value) & BRIDGE_CTL_BUS_RESET) != 0;
            if (wanted && !inReset) {
                function.resetBelow();
            }
        }
        if (unmasks()) {
            function.interruptsLetOut();
        }
    }

    private boolean flr(int value) {
        int express = image.standard(CAP_ID_EXP);
        int control = express + EXP_DEVCTL + 1; // the byte that has the bit
        return express != 0 && reaches(control) && (image.value(express + EXP_DEVCAP + 3) & EXP_DEVCAP_FLR >>> 24) != 0
                && (written(control, value) & EXP_DEVCTL_BCR_FLR >>> 8) != 0;
    }

    private boolean advancedFlr(int value) {
        int features = image.standard(CAP_ID_AF);
        int needed = AF_CAP_TP | AF_CAP_FLR;
        return features != 0 && reaches(features + AF_CTRL) && (image.value(features + AF_CAP) & needed) == needed
                && (written(features + AF_CTRL, value) & AF_CTRL_FLR) != 0;
    }

    private void changePower(FunctionActions function) {
        int state = PowerRegisters.state(config, image);
        if (power == D3_HOT && state == D0 && PowerRegisters.losesState(image)) {
            function.reset(ResetMethod.PM);
        }
        if (state != power) {
            function.powerState(state);
        }
    }

    /** Tells whether a register was written that may mask interrupts. */
    private boolean unmasks() {
        int msi = image.standard(CAP_ID_MSI);
        int msix = image.standard(CAP_ID_MSIX);
        return reaches(COMMAND + 1) || msi != 0 && offset + width > msi && offset < msi + MSI_LONGEST
                || msix != 0 && reaches(msix + MSIX_FLAGS + 1);
    }
}
