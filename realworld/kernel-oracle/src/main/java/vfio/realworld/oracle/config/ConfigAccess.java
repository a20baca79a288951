// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

/**
 * One access of configuration space by a user; it need be neither aligned nor inside.
 *
 * @param width 1 to 8 bytes
 * @param value what a write writes
 */
record ConfigAccess(int position, int width, boolean write, long value) {

    @Override
    public String toString() {
        return write ? "write %d bytes at 0x%03x: 0x%x".formatted(width, position, value)
                : "read %d bytes at 0x%03x".formatted(width, position);
    }
}
