// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import java.util.Arrays;

/** Bytes of config space while they are laid out: the value after power-on, and which bits a write changes or clears. */
final class Registers {
    final byte[] value;
    final byte[] writable;
    final byte[] clearable;
    final byte[] sticky;

    Registers(int size) {
        value = new byte[size];
        writable = new byte[size];
        clearable = new byte[size];
        sticky = new byte[size];
    }

    int size() {
        return value.length;
    }

    Registers u8(int offset, int v) {
        return put(value, offset, 1, v);
    }

    Registers u16(int offset, int v) {
        return put(value, offset, 2, v);
    }

    Registers u32(int offset, int v) {
        return put(value, offset, 4, v);
    }

    /** Bits that take what is written. */
    Registers rw(int offset, int width, int mask) {
        return put(writable, offset, width, mask);
    }

    /** Bits that a written one clears (RW1C). */
    Registers w1c(int offset, int width, int mask) {
        return put(clearable, offset, width, mask);
    }

    /** Bits that a reset leaves as they are (ROS, RWS, RW1CS). */
    Registers sticky(int offset, int width, int mask) {
        return put(sticky, offset, width, mask);
    }

    private Registers put(byte[] bytes, int offset, int width, int v) {
        for (int i = 0; i < width; i++) {
            bytes[offset + i] = (byte) (v >> 8 * i);
        }
        return this;
    }

    /** The same cut behind so many bytes. */
    Registers first(int length) {
        Registers cut = new Registers(length);
        System.arraycopy(value, 0, cut.value, 0, length);
        System.arraycopy(writable, 0, cut.writable, 0, length);
        System.arraycopy(clearable, 0, cut.clearable, 0, length);
        System.arraycopy(sticky, 0, cut.sticky, 0, length);
        return cut;
    }

    void place(int offset, Registers other) {
        System.arraycopy(other.value, 0, value, offset, other.size());
        System.arraycopy(other.writable, 0, writable, offset, other.size());
        System.arraycopy(other.clearable, 0, clearable, offset, other.size());
        System.arraycopy(other.sticky, 0, sticky, offset, other.size());
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Registers other && Arrays.equals(value, other.value)
                && Arrays.equals(writable, other.writable) && Arrays.equals(clearable, other.clearable)
                && Arrays.equals(sticky, other.sticky);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }
}
