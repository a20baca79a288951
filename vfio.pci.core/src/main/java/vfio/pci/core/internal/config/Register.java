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

    /** Served from the shadow; no user changes it. */
    static Register fixed(int offset, int width) {
        return new Register(offset, width, ALL, NONE);
    }

    /** Served from the shadow, where the user's writes stay. */
    static Register virtual(int offset, int width) {
        return new Register(offset, width, ALL, ALL);
    }

    /** The hardware's, of which a user may change these bits. */
    static Register hardware(int offset, int width, int write) {
        return new Register(offset, width, NONE, write);
    }
}
