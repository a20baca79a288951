// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.config;

import java.util.Arrays;

/**
 * Registers while they are laid out: of each bit the value after power-on, and whether a write changes it, a written one
 * clears it and a reset leaves it as it is. Bits that nothing is said of read 0 and are read-only. Numbers are little-endian;
 * widths are 1, 2 or 4 bytes. Each method that changes the block returns the block.
 */
public final class RegisterBlock {
    private final byte[] value;
    private final byte[] writable;
    private final byte[] clearable;
    private final byte[] sticky;

    /** Makes a block of {@code size} bytes, all 0 and read-only. */
    public RegisterBlock(int size) {
        this(new byte[size]);
    }

    private RegisterBlock(byte[] value) {
        this.value = value;
        writable = new byte[value.length];
        clearable = new byte[value.length];
        sticky = new byte[value.length];
    }

    /** Makes a block of these bytes, all read-only. */
    public static RegisterBlock of(byte[] values) {
        return new RegisterBlock(values.clone());
    }

    /** Returns the number of bytes. */
    public int size() {
        return value.length;
    }

    /** Sets a byte. */
    public RegisterBlock u8(int offset, int v) {
        return put(value, offset, 1, v);
    }

    /** Sets two bytes. */
    public RegisterBlock u16(int offset, int v) {
        return put(value, offset, 2, v);
    }

    /** Sets four bytes. */
    public RegisterBlock u32(int offset, int v) {
        return put(value, offset, 4, v);
    }

    /** Says which bits take what is written (RW). */
    public RegisterBlock rw(int offset, int width, int mask) {
        return put(writable, offset, width, mask);
    }

    /** Says which bits a written one clears (RW1C). */
    public RegisterBlock w1c(int offset, int width, int mask) {
        return put(clearable, offset, width, mask);
    }

    /** Says which bits a reset leaves as they are (ROS, RWS, RW1CS). */
    public RegisterBlock sticky(int offset, int width, int mask) {
        return put(sticky, offset, width, mask);
    }

    private RegisterBlock put(byte[] bytes, int offset, int width, int v) {
        for (int i = 0; i < width; i++) {
            bytes[offset + i] = (byte) (v >> 8 * i);
        }
        return this;
    }

    /** Returns a byte after power-on. */
    public byte value(int offset) {
        return value[offset];
    }

    /** Returns a copy of all bytes after power-on. */
    public byte[] values() {
        return value.clone();
    }

    /** Returns the bits of a byte that take what is written. */
    public byte writable(int offset) {
        return writable[offset];
    }

    /** Returns a copy of the first {@code length} bytes. */
    public RegisterBlock first(int length) {
        RegisterBlock cut = new RegisterBlock(length);
        System.arraycopy(value, 0, cut.value, 0, length);
        System.arraycopy(sticky, 0, cut.sticky, 0, length);
        return cut.masks(0, this, length);
    }

    /** Copies another block to an offset. */
    public RegisterBlock place(int offset, RegisterBlock other) {
        System.arraycopy(other.value, 0, value, offset, other.size());
        System.arraycopy(other.sticky, 0, sticky, offset, other.size());
        return masks(offset, other, other.size());
    }

    /** Copies to an offset which bits a write changes or clears in the first {@code length} bytes of another block. */
    public RegisterBlock masks(int offset, RegisterBlock other, int length) {
        System.arraycopy(other.writable, 0, writable, offset, length);
        System.arraycopy(other.clearable, 0, clearable, offset, length);
        return this;
    }

    byte[] trimmedValues() {
        return trim(value);
    }

    byte[] trimmedWritable() {
        return trim(writable);
    }

    byte[] trimmedClearable() {
        return trim(clearable);
    }

    byte[] trimmedSticky() {
        return trim(sticky);
    }

    /** Copies the bytes up to the last that is not 0. */
    private static byte[] trim(byte[] bytes) {
        int length = bytes.length;
        while (length > 0 && bytes[length - 1] == 0) {
            length--;
        }
        return Arrays.copyOf(bytes, length);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof RegisterBlock other && Arrays.equals(value, other.value)
                && Arrays.equals(writable, other.writable) && Arrays.equals(clearable, other.clearable)
                && Arrays.equals(sticky, other.sticky);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }
}
