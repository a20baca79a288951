// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import vfio.hardware.emulated.ConfigImage;

/**
 * What a write to configuration space does besides changing it: resets, and interrupts that are let out. Found out before
 * the write, done after it and without the configuration space's lock.
 */
final class ConfigEffects {
    private static final int COMMAND = 0x04;
    private static final int BRIDGE_CONTROL = 0x3e;
    private static final int SECONDARY_RESET = 1 << 6;
    private static final int POWER = 0x01;
    private static final int MSI = 0x05;
    private static final int EXPRESS = 0x10;
    private static final int ADVANCED_FEATURES = 0x13;
    private static final int D3_HOT = 3;

    private final ConfigImage image;
    private final int offset;
    private final int width;
    private final boolean inD3;
    private final boolean inReset;

    private ConfigEffects(ConfigImage image, int offset, int width, boolean inD3, boolean inReset) {
        this.image = image;
        this.offset = offset;
        this.width = width;
        this.inD3 = inD3;
        this.inReset = inReset;
    }

    /** Looks at what the registers hold before a write. */
    static ConfigEffects before(RawConfig config, ConfigImage image, int offset, int width) {
        int power = image.standard(POWER);
        boolean inD3 = power != 0 && (config.read(power + 4, 1) & D3_HOT) == D3_HOT;
        return new ConfigEffects(image, offset, width, inD3, (config.read(BRIDGE_CONTROL, 1) & SECONDARY_RESET) != 0);
    }

    private boolean reaches(int position) {
        return offset <= position && position < offset + width;
    }

    /** The byte of a written value that goes to a position. */
    private int written(int position, int value) {
        return value >>> Byte.SIZE * (position - offset) & 0xff;
    }

    void follow(EmulatedFunction function, int value) {
        if (resets(value) || leavesD3(function)) {
            function.reset();
            return;
        }
        if (function.headerType() == 1 && reaches(BRIDGE_CONTROL)) {
            boolean wanted = (written(BRIDGE_CONTROL, value) & SECONDARY_RESET) != 0;
            if (wanted && !inReset) {
                function.bus().resetBelow(function);
            }
        }
        int msi = image.standard(MSI);
        if (reaches(COMMAND + 1) || msi != 0 && offset + width > msi && offset < msi + 0x18) {
            function.interruptsLetOut();
        }
    }

    /** Function Level Reset, of PCI Express or Advanced Features. */
    private boolean resets(int value) {
        int express = image.standard(EXPRESS);
        if (express != 0 && reaches(express + 9) && (image.value(express + 7) & 0x10) != 0
                && (written(express + 9, value) & 0x80) != 0) {
            return true;
        }
        int features = image.standard(ADVANCED_FEATURES);
        return features != 0 && reaches(features + 4) && (image.value(features + 3) & 3) == 3
                && (written(features + 4, value) & 1) != 0;
    }

    /** Without No_Soft_Reset the way from D3hot to D0 loses everything. */
    private boolean leavesD3(EmulatedFunction function) {
        int power = image.standard(POWER);
        return inD3 && power != 0 && (image.value(power + 4) & 8) == 0
                && (function.rawConfig().read(power + 4, 1) & D3_HOT) == 0;
    }
}
