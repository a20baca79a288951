// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

/**
 * A run of configuration space with one meaning: the header, one capability, or what nothing has claimed. Made when
 * the function is enabled; an access that reaches it is aligned and stays within one dword of it.
 */
interface ConfigRange {

    /**
     * Reads as a user does.
     *
     * @param position from the start of configuration space
     * @param width 1, 2 or 4 bytes
     * @return zero-extended
     */
    int read(int position, int width);

    /** Writes as a user does; bits that a user may not change stay. */
    void write(int position, int width, int value);
}
