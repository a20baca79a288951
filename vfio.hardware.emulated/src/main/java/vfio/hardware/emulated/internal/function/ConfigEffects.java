// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import vfio.hardware.emulated.config.ConfigImage;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.id.ResetMethod;

/**
 * The effects of one write to configuration space besides the change of its bytes: resets, power states, and interrupts that
 * are unmasked. Prepared before the write; done after it, without the lock of the configuration space.
 */
final class ConfigEffects {
    private static final int COMMAND = 0x04;
    private static final int BRIDGE_CONTROL = 0x3e;
    private static final int SECONDARY_RESET = 1 << 6;
    private static final int MSI = 0x05;
    private static final int MSI_LONGEST = 0x18;
    private static final int EXPRESS = 0x10;
    private static final int MSIX = 0x11;
    private static final int ADVANCED_FEATURES = 0x13;

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
                (config.read(BRIDGE_CONTROL, 1) & SECONDARY_RESET) != 0);
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
            boolean wanted = (written(BRIDGE_CONTROL, value) & SECONDARY_RESET) != 0;
            if (wanted && !inReset) {
                function.resetBelow();
            }
        }
        if (unmasks()) {
            function.interruptsLetOut();
        }
    }

    private boolean flr(int value) {
        int express = image.standard(EXPRESS);
        return express != 0 && reaches(express + 9) && (image.value(express + 7) & 0x10) != 0
                && (written(express + 9, value) & 0x80) != 0;
    }

    private boolean advancedFlr(int value) {
        int features = image.standard(ADVANCED_FEATURES);
        return features != 0 && reaches(features + 4) && (image.value(features + 3) & 3) == 3
                && (written(features + 4, value) & 1) != 0;
    }

    private void changePower(FunctionActions function) {
        int state = PowerRegisters.state(config, image);
        if (power == PowerRegisters.D3_HOT && state == 0 && PowerRegisters.losesState(image)) {
            function.reset(ResetMethod.PM);
        }
        if (state != power) {
            function.powerState(state);
        }
    }

    /** Tells whether a register was written that may mask interrupts. */
    private boolean unmasks() {
        int msi = image.standard(MSI);
        int msix = image.standard(MSIX);
        return reaches(COMMAND + 1) || msi != 0 && offset + width > msi && offset < msi + MSI_LONGEST
                || msix != 0 && reaches(msix + 3);
    }
}
