// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Values of 1, 2 and 4 bytes in a byte array, in the order PCI has them. */
final class LittleEndian {
    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private LittleEndian() {
    }

    /** Reads a value of 1, 2 or 4 bytes, zero-extended. */
    static int get(byte[] bytes, int position, int width) {
        return switch (width) {
            case 4 -> (int) INT.get(bytes, position);
            case 2 -> (short) SHORT.get(bytes, position) & 0xffff;
            default -> bytes[position] & 0xff;
        };
    }

    static void set(byte[] bytes, int position, int width, int value) {
        switch (width) {
            case 4 -> INT.set(bytes, position, value);
            case 2 -> SHORT.set(bytes, position, (short) value);
            default -> bytes[position] = (byte) value;
        }
    }

    /** Returns a value of that width with all bits set. */
    static int ones(int width) {
        return -1 >>> 32 - 8 * width;
    }
}
