// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_BRIDGE;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_CARDBUS;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_NORMAL;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What a function announces and drivers match: the text is the {@code modalias} of sysfs,
 * {@code pci:v0000ABCDd00001234sv0000ABCDsd00000004bc02sc00i00}.
 *
 * @param vendor 16 bits, as are device, subvendor and subdevice
 * @param classCode 24 bits: base class, subclass, programming interface
 */
public record DeviceKey(int vendor, int device, int subvendor, int subdevice, int classCode) implements Serializable {
    private static final String PREFIX = "pci:";
    private static final byte[] DIGITS = digits();
    private static final int LENGTH = "v00000000d00000000sv00000000sd00000000bc00sc00i00".length();

    public DeviceKey {
        if (((vendor | device | subvendor | subdevice) & ~0xffff) != 0 || (classCode & ~PciClass.CODE_BITS) != 0) {
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
        if (text.length() != from + LENGTH) {
            throw malformed(text);
        }
        // A letter outside Latin-1 becomes a question mark, which no field has.
        byte[] key = text.getBytes(StandardCharsets.ISO_8859_1);
        if (key[from] != 'v' || key[from + 9] != 'd' || key[from + 18] != 's' || key[from + 19] != 'v'
                || key[from + 28] != 's' || key[from + 29] != 'd' || key[from + 38] != 'b' || key[from + 39] != 'c'
                || key[from + 42] != 's' || key[from + 43] != 'c' || key[from + 46] != 'i') {
            throw malformed(text);
        }
        long vendor = word(key, from + 1);
        long device = word(key, from + 10);
        long subvendor = word(key, from + 20);
        long subdevice = word(key, from + 30);
        int classCode = pair(key, from + 40) << 16 | pair(key, from + 44) << 8 | pair(key, from + 47);
        if ((vendor | device | subvendor | subdevice | classCode) < 0) {
            throw malformed(text);
        }
        return new DeviceKey((int) vendor, (int) device, (int) subvendor, (int) subdevice, classCode);
    }

    /** Reads eight hex digits; below 0 where one of them is none. */
    private static long word(byte[] key, int at) {
        return (long) pair(key, at) << 24 | pair(key, at + 2) << 16 | pair(key, at + 4) << 8 | pair(key, at + 6);
    }

    /** Reads two hex digits; below 0 where one of them is none. */
    private static int pair(byte[] key, int at) {
        return DIGITS[key[at] & 0xff] << 4 | DIGITS[key[at + 1] & 0xff];
    }

    /** Makes the table of digit values. Upper case only, as the kernel prints: no alias line has a lower-case letter. */
    private static byte[] digits() {
        byte[] digits = new byte[256];
        Arrays.fill(digits, (byte) -1);
        for (int i = 0; i < 16; i++) {
            digits["0123456789ABCDEF".charAt(i)] = (byte) i;
        }
        return digits;
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException("'" + text + "' is no device key; expected "
                + "pci:vXXXXXXXXdXXXXXXXXsvXXXXXXXXsdXXXXXXXXbcXXscXXiXX with upper-case hex digits");
    }

    /** Returns the header type that the class stands for (PCI 3.0 appendix D), for a function that does not answer. */
    public int headerType() {
        return switch (classCode >> 8) {
            case PciClass.BRIDGE_PCI, PciClass.BRIDGE_SEMI_TRANSPARENT -> HEADER_TYPE_BRIDGE;
            case PciClass.BRIDGE_CARDBUS -> HEADER_TYPE_CARDBUS;
            default -> HEADER_TYPE_NORMAL;
        };
    }

    /** Returns the modalias. */
    @Override
    public String toString() {
        HexFormat hex = HexFormat.of().withUpperCase();
        return PREFIX + "v" + hex.toHexDigits(vendor) + "d" + hex.toHexDigits(device) + "sv" + hex.toHexDigits(subvendor)
                + "sd" + hex.toHexDigits(subdevice) + "bc" + hex.toHexDigits((byte) (classCode >> 16)) + "sc"
                + hex.toHexDigits((byte) (classCode >> 8)) + "i" + hex.toHexDigits((byte) classCode);
    }
}
