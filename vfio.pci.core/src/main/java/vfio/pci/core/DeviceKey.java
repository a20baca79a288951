// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.io.Serializable;
import java.util.HexFormat;

/**
 * What a function announces and drivers match: the text is the {@code modalias} of sysfs,
 * {@code pci:v000015B3d0000101Esv000015B3sd00000004bc02sc00i00}.
 *
 * @param vendor 16 bits, as are device, subvendor and subdevice
 * @param classCode 24 bits: base class, subclass, programming interface
 */
public record DeviceKey(int vendor, int device, int subvendor, int subdevice, int classCode) implements Serializable {
    private static final String PREFIX = "pci:";
    private static final int LENGTH = "v00000000d00000000sv00000000sd00000000bc00sc00i00".length();

    public DeviceKey {
        if (((vendor | device | subvendor | subdevice) & ~0xffff) != 0 || (classCode & ~0xffffff) != 0) {
            throw new IllegalArgumentException(
                    "no device key: ids have 16 bits and a class has 24, got %x:%x:%x:%x class %x".formatted(vendor, device,
                            subvendor, subdevice, classCode));
        }
    }

    /**
     * Reads a modalias with the prefix {@code pci:}.
     *
     * @throws IllegalArgumentException where the text is nothing of the kind
     */
    public static DeviceKey parse(String text) {
        if (!text.startsWith(PREFIX)) {
            throw malformed(text);
        }
        return parse(text, PREFIX.length());
    }

    /** Reads the fields that follow a prefix of {@code from} characters, to the end of the text. */
    public static DeviceKey parse(String text, int from) {
        if (text.length() != from + LENGTH || text.charAt(from) != 'v' || text.charAt(from + 9) != 'd'
                || !text.startsWith("sv", from + 18) || !text.startsWith("sd", from + 28)
                || !text.startsWith("bc", from + 38) || !text.startsWith("sc", from + 42)
                || text.charAt(from + 46) != 'i') {
            throw malformed(text);
        }
        return new DeviceKey(hex(text, from + 1, 8), hex(text, from + 10, 8), hex(text, from + 20, 8),
                hex(text, from + 30, 8),
                hex(text, from + 40, 2) << 16 | hex(text, from + 44, 2) << 8 | hex(text, from + 47, 2));
    }

    private static int hex(String text, int from, int digits) {
        int value = 0;
        for (int i = from; i < from + digits; i++) {
            char c = text.charAt(i);
            // Upper case only, as the kernel prints: a lower-case letter would not match any alias line.
            if (c >= '0' && c <= '9') {
                value = value << 4 | c - '0';
            } else if (c >= 'A' && c <= 'F') {
                value = value << 4 | c - 'A' + 10;
            } else {
                throw malformed(text);
            }
        }
        return value;
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException("'" + text + "' is no device key; expected "
                + "pci:vXXXXXXXXdXXXXXXXXsvXXXXXXXXsdXXXXXXXXbcXXscXXiXX with upper-case hex digits");
    }

    /** The modalias. */
    @Override
    public String toString() {
        HexFormat hex = HexFormat.of().withUpperCase();
        return PREFIX + "v" + hex.toHexDigits(vendor) + "d" + hex.toHexDigits(device) + "sv" + hex.toHexDigits(subvendor)
                + "sd" + hex.toHexDigits(subdevice) + "bc" + hex.toHexDigits((byte) (classCode >> 16)) + "sc"
                + hex.toHexDigits((byte) (classCode >> 8)) + "i" + hex.toHexDigits((byte) classCode);
    }
}
