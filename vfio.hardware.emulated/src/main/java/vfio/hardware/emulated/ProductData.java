// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The vital product data of a function: a name, and a read-only area of nothing but its checksum (PCI 3.0 appendix I). */
final class ProductData {
    private static final int LONGEST = 255;

    private ProductData() {
    }

    /** Returns the data with a name of 1 to 255 printable characters of ASCII. */
    static byte[] of(String name) {
        if (name.isEmpty() || name.length() > LONGEST || !name.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
            throw new IllegalArgumentException("a VPD name needs 1 to " + LONGEST + " printable ASCII characters");
        }
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = Arrays.copyOf(new byte[] {(byte) 0x82, (byte) text.length, 0}, 3 + text.length + 8);
        System.arraycopy(text, 0, bytes, 3, text.length);
        byte[] tail = {(byte) 0x90, 4, 0, 'R', 'V', 1, 0, 0x78};
        System.arraycopy(tail, 0, bytes, 3 + text.length, tail.length);
        int sum = 0;
        for (int i = 0; i < bytes.length - 2; i++) {
            sum += bytes[i];
        }
        // All bytes up to and with the checksum add up to 0.
        bytes[bytes.length - 2] = (byte) -sum;
        return bytes;
    }
}
