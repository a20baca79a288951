// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import vfio.hardware.emulated.config.ConfigImage;

/** The registers in which a function reports an error (PCIe 6.0 §7.5.3.5, §7.8.4). */
final class ErrorReporting {
    private static final int EXPRESS = 0x10;
    private static final int DEVICE_STATUS = 0x0a;
    private static final int NON_FATAL = 1 << 1;
    private static final int FATAL = 1 << 2;
    private static final int AER = 0x0001;
    /** Uncorrectable Internal Error. */
    private static final int INTERNAL = 1 << 22;
    private static final int INTERNAL_POINTER = 22;

    private ErrorReporting() {
    }

    /** Records an uncorrectable error; returns whether the error leaves the function: its bit is not masked. */
    static boolean uncorrectable(RawConfig config) {
        ConfigImage image = config.image();
        int aer = image.extended(AER);
        boolean fatal = aer == 0 || (config.read(aer + 0x0c, 4) & INTERNAL) != 0;
        int express = image.standard(EXPRESS);
        if (express != 0) {
            config.report(express + DEVICE_STATUS, 2, fatal ? FATAL : NON_FATAL);
        }
        if (aer == 0) {
            return true;
        }
        boolean first = config.read(aer + 0x04, 4) == 0;
        config.report(aer + 0x04, 4, INTERNAL);
        boolean masked = (config.read(aer + 0x08, 4) & INTERNAL) != 0;
        if (first && !masked) {
            config.report(aer + 0x18, 4, INTERNAL_POINTER);
        }
        return !masked;
    }
}
