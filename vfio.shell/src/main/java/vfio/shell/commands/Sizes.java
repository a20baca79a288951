// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

/** Sizes as people read them. */
final class Sizes {
    private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Sizes() {
    }

    /** In the largest unit of which it is a whole number. */
    static String text(long size) {
        int unit = Long.numberOfTrailingZeros(Math.max(size, 1)) / 10;
        return (size >>> 10 * unit) + " " + UNITS[unit];
    }
}
