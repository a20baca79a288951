// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

/**
 * A run of configuration space with one meaning: the header, one capability, or what nothing has claimed. Made when
 * the function is enabled; an access that reaches it is aligned and stays within one dword of it.
 */
interface ConfigRange {

    /**
     * @param position from the start of configuration space
     * @param width 1, 2 or 4 bytes
     * @return zero-extended
     */
    int read(int position, int width);

    void write(int position, int width, int value);
}
