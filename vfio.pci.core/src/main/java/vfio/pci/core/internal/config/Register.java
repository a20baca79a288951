// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

/**
 * The permissions of one register.
 *
 * @param offset from the start of its capability
 * @param width 1, 2 or 4 bytes
 * @param virt the bits served from the shadow; the others are the hardware's
 * @param write the bits a user may change
 */
record Register(int offset, int width, int virt, int write) {
    static final int ALL = -1;
    static final int NONE = 0;

    /** Makes a register that the shadow serves and no user changes. */
    static Register fixed(int offset, int width) {
        return new Register(offset, width, ALL, NONE);
    }

    /** Makes a register that the shadow serves and keeps as the user writes it. */
    static Register virtual(int offset, int width) {
        return new Register(offset, width, ALL, ALL);
    }

    /** Makes a register that the hardware serves, of which a user may change some bits. */
    static Register hardware(int offset, int width, int write) {
        return new Register(offset, width, NONE, write);
    }
}
