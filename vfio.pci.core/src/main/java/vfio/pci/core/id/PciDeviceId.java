// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

import java.io.Serializable;

/**
 * One entry of a driver's id table, as {@code struct pci_device_id} (include/linux/mod_devicetable.h).
 *
 * @param vendor id or {@link #ANY}, as are device, subvendor and subdevice
 * @param classCode compared under {@code classMask}; functions have 24 bits
 * @param classMask any bits; a class byte counts as given only where its mask byte is FF
 * @param driverData what the driver wants to know again at {@code probe}
 * @param overrideOnly 0 for an ordinary entry, {@link #VFIO_OVERRIDE} for one that matches only under an override
 */
public record PciDeviceId(int vendor, int device, int subvendor, int subdevice, int classCode, int classMask,
        long driverData, int overrideOnly) implements Serializable {
    /** {@code PCI_ANY_ID}. */
    public static final int ANY = 0xffffffff;
    /** {@code PCI_ID_F_VFIO_DRIVER_OVERRIDE}. */
    public static final int VFIO_OVERRIDE = 1;
    /** Matches every function: what an override alone stands for. */
    public static final PciDeviceId MATCH_ALL = new PciDeviceId(ANY, ANY, ANY, ANY, 0, 0, 0, 0);

    private static final String GRAMMAR = "vendor:device[:subvendor[:subdevice[:class[:class_mask]]]][=driver_data] in hex, "
            + "* for any";

    /**
     * Reads {@code vendor:device[:subvendor[:subdevice[:class[:class_mask]]]][=driver_data]}: hex without 0x, {@code *}
     * for any, ids of at most 32 bits, class and mask of at most 24. A class without a mask has mask {@code ffffff}.
     *
     * @param overrideOnly the flag, given by the list the entry stands in
     * @throws IllegalArgumentException where the text is nothing of the kind
     */
    public static PciDeviceId parse(String text, int overrideOnly) {
        int equals = text.indexOf('=');
        String[] words = (equals < 0 ? text : text.substring(0, equals)).split(":", -1);
        if (words.length < 2 || words.length > 6) {
            throw malformed(text, words.length + " fields, 2 to 6 are expected");
        }
        int[] ids = {ANY, ANY, ANY, ANY};
        for (int i = 0; i < Math.min(words.length, ids.length); i++) {
            ids[i] = words[i].equals("*") ? ANY : hex(words[i], 8, text);
        }
        boolean anyClass = words.length < 5 || words[4].equals("*");
        int classCode = anyClass ? 0 : hex(words[4], 6, text);
        int classMask = anyClass ? 0 : PciClass.CODE_BITS;
        if (words.length == 6) {
            classMask = hex(words[5], 6, text);
            if (words[4].equals("*") && classMask != 0) {
                throw malformed(text, "a class mask needs a class");
            }
        }
        long data = equals < 0 ? 0 : longHex(text.substring(equals + 1), text);
        return new PciDeviceId(ids[0], ids[1], ids[2], ids[3], classCode, classMask, data, overrideOnly);
    }

    private static int hex(String word, int digits, String text) {
        if (word.length() > digits) {
            throw malformed(text, "'" + word + "' has more than " + digits + " digits");
        }
        return (int) longHex(word, text);
    }

    private static long longHex(String word, String text) {
        if (word.isEmpty() || word.length() > 16 || !word.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 128)) {
            throw malformed(text, "'" + word + "' is no hex number");
        }
        return Long.parseUnsignedLong(word, 16);
    }

    private static IllegalArgumentException malformed(String text, String why) {
        return new IllegalArgumentException("'" + text + "' is no id entry: " + why + "; expected " + GRAMMAR);
    }

    /** Tells whether this entry agrees with a function, the override aside ({@code pci_match_one_device}). */
    public boolean agrees(DeviceKey key) {
        return (vendor == ANY || vendor == key.vendor()) && (device == ANY || device == key.device())
                && (subvendor == ANY || subvendor == key.subvendor())
                && (subdevice == ANY || subdevice == key.subdevice())
                && ((classCode ^ key.classCode()) & classMask) == 0;
    }

    /**
     * Tells how specific the entry is; less is better: the count of wildcard fields of the seven, then the fields from left
     * to right (v, d, sv, sd, bc, sc, i), given before wildcard.
     */
    public int rank() {
        int wild = wildcardBits();
        return Integer.bitCount(wild) << 7 | wild;
    }

    /** Counts how many of the seven fields are wildcards, 0 to 7. */
    public int wildcards() {
        return Integer.bitCount(wildcardBits());
    }

    /** Returns a bit for each field, set where the field is a wildcard; v is bit 6, i is bit 0. */
    private int wildcardBits() {
        return bit(vendor == ANY, 6) | bit(device == ANY, 5) | bit(subvendor == ANY, 4) | bit(subdevice == ANY, 3)
                | bit((classMask >> 16 & 0xff) != 0xff, 2) | bit((classMask >> 8 & 0xff) != 0xff, 1)
                | bit((classMask & 0xff) != 0xff, 0);
    }

    private static int bit(boolean set, int position) {
        return set ? 1 << position : 0;
    }

    /** Prints the entry as {@link #parse} reads it, with no more fields than it needs. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(id(vendor)).append(':').append(id(device));
        boolean classed = classMask != 0 || classCode != 0;
        if (subvendor != ANY || subdevice != ANY || classed) {
            text.append(':').append(id(subvendor));
        }
        if (subdevice != ANY || classed) {
            text.append(':').append(id(subdevice));
        }
        if (classed) {
            text.append(":%06x".formatted(classCode));
            if (classMask != PciClass.CODE_BITS) {
                text.append(":%06x".formatted(classMask));
            }
        }
        if (driverData != 0) {
            text.append('=').append(Long.toHexString(driverData));
        }
        return text.toString();
    }

    private static String id(int id) {
        return id == ANY ? "*" : "%04x".formatted(id);
    }
}
