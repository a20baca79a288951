// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.io.Serializable;

/**
 * One field of a register.
 *
 * @param register its register in lspci's word, such as {@code DevCap}
 * @param name the field in lspci's word, such as {@code MaxPayload}
 * @param offset of the register from the start of config space
 * @param width of the register, 1, 2, 4 or 8 bytes
 * @param mask the field's bits in the register
 * @param value the bits, shifted down; unsigned
 * @param text what they mean, such as {@code 512 bytes}; {@code +} or {@code -} for a bit
 */
public record DecodedField(String register, String name, int offset, int width, long mask, long value, String text)
        implements Serializable {
}
