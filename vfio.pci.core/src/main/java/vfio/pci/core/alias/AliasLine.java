// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.alias;

import java.io.Serializable;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vfio.pci.core.id.PciDeviceId;

/**
 * One line of modules.alias about PCI: {@code alias vfio_pci:v0000ABCDd00001234sv*sd*bc*sc*i* some_vfio_pci}.
 *
 * @param id the pattern; prefix {@code pci:} for an ordinary entry and {@code vfio_pci:} for an override-only one
 */
public record AliasLine(PciDeviceId id, String module) implements Serializable {
    private static final String ID = "(\\*|[0-9A-F]{8})";
    private static final String BYTE = "(\\*|[0-9A-F]{2})";
    // The star after a given interface belongs to the text, not to the fields: file2alias ends every pattern in one.
    private static final Pattern PATTERN = Pattern.compile("(vfio_)?pci:v" + ID + "d" + ID + "sv" + ID + "sd" + ID + "bc"
            + BYTE + "sc" + BYTE + "i(\\*|[0-9A-F]{2}\\*)");

    /** Reads a line; returns empty where it is about another bus or is a comment. */
    public static Optional<AliasLine> parse(String line) {
        String[] words = line.split(" ", -1);
        if (words.length != 3 || !words[0].equals("alias") || words[2].isEmpty()) {
            return Optional.empty();
        }
        return parsePattern(words[1]).map(id -> new AliasLine(id, words[2]));
    }

    /** Reads a pattern alone; returns empty where it is none about PCI. */
    public static Optional<PciDeviceId> parsePattern(String pattern) {
        Matcher m = PATTERN.matcher(pattern);
        if (!m.matches()) {
            return Optional.empty();
        }
        int classCode = 0;
        int classMask = 0;
        for (int field = 6; field <= 8; field++) {
            String text = m.group(field);
            boolean any = text.equals("*");
            classCode = classCode << 8 | (any ? 0 : Integer.parseInt(text.substring(0, 2), 16));
            classMask = classMask << 8 | (any ? 0 : 0xff);
        }
        return Optional.of(new PciDeviceId(id(m.group(2)), id(m.group(3)), id(m.group(4)), id(m.group(5)), classCode,
                classMask, 0, m.group(1) == null ? 0 : PciDeviceId.VFIO_OVERRIDE));
    }

    private static int id(String text) {
        return text.equals("*") ? PciDeviceId.ANY : Integer.parseUnsignedInt(text, 16);
    }

    /**
     * Returns the pattern of an entry, or empty where it has none: a class mask byte other than 00 and FF, or a flag without
     * a prefix. Such an entry matches functions all the same.
     */
    public static Optional<String> pattern(PciDeviceId id) {
        if (id.overrideOnly() != 0 && id.overrideOnly() != PciDeviceId.VFIO_OVERRIDE) {
            return Optional.empty();
        }
        StringBuilder text = new StringBuilder(id.overrideOnly() == 0 ? "pci:" : "vfio_pci:");
        text.append('v').append(field(id.vendor())).append('d').append(field(id.device()));
        text.append("sv").append(field(id.subvendor())).append("sd").append(field(id.subdevice()));
        String[] names = {"bc", "sc", "i"};
        for (int i = 0; i < names.length; i++) {
            int shift = 16 - 8 * i;
            int mask = id.classMask() >> shift & 0xff;
            if (mask != 0 && mask != 0xff) {
                return Optional.empty();
            }
            text.append(names[i]).append(mask == 0 ? "*" : "%02X".formatted(id.classCode() >> shift & 0xff));
        }
        if (text.charAt(text.length() - 1) != '*') {
            text.append('*');
        }
        return Optional.of(text.toString());
    }

    private static String field(int id) {
        return id == PciDeviceId.ANY ? "*" : "%08X".formatted(id);
    }

    /** Returns the pattern alone. */
    public String pattern() {
        return pattern(id).orElseThrow();
    }

    @Override
    public String toString() {
        return "alias " + pattern() + " " + module;
    }
}
