// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.names;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Arrays;
import vfio.hardware.linux.file.BoundedLines;
import vfio.hardware.linux.sysfs.PrintableText;

/**
 * The index of a file in the pci.ids format (pci.ids(5)): the place of each vendor and base class, in 8 bytes each, while the
 * text stays on disk. Lines that make no sense are passed over.
 */
final class PciIdsIndex {
    private static final int CLASS = 0x10000;
    private static final int NONE = -1;
    /** {@code 15b3} and {@code C 02} take as many characters. */
    private static final int HEAD_ID = 4;

    private final Path file;
    /** Vendor id or {@link #CLASS} + base class in the upper half, offset in the lower; sorted. */
    private final long[] heads;

    private PciIdsIndex(Path file, long[] heads) {
        this.file = file;
        this.heads = heads;
    }

    /** Reads through the file once; a file that cannot be read has no names. */
    static PciIdsIndex of(Path file) {
        long[] heads = new long[4096];
        int count = 0;
        try (BoundedLines lines = BoundedLines.of(file, '\n', 0)) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                int head = head(line);
                if (head != NONE) {
                    // More heads than ids means repeated ones: nobody's names are lost by stopping there.
                    if (count == 2 * CLASS) {
                        break;
                    }
                    heads = count == heads.length ? Arrays.copyOf(heads, 2 * count) : heads;
                    heads[count++] = (long) head << 32 | lines.start();
                }
            }
        } catch (IOException e) {
            System.getLogger(PciIdsIndex.class.getName()).log(Level.DEBUG, "no names from " + file + ": " + e);
        }
        heads = Arrays.copyOf(heads, count);
        Arrays.sort(heads);
        return new PciIdsIndex(file, heads);
    }

    /** Returns an index without names. */
    static PciIdsIndex empty() {
        return new PciIdsIndex(Path.of(""), new long[0]);
    }

    /**
     * Returns the name of a vendor, of a device below it, or of a subsystem below that; the empty text for none.
     *
     * @param path each level's id as the file writes it; the first level is {@code vendor}
     */
    String ofVendor(int vendor, String... path) {
        return vendor >> 16 == 0 ? name(vendor, path) : "";
    }

    /** Returns the name of a base class, of a subclass below it, or of a programming interface below that. */
    String ofClass(int base, String... path) {
        return base >> 8 == 0 ? name(CLASS + base, path) : "";
    }

    private String name(int head, String[] path) {
        int found = Arrays.binarySearch(heads, (long) head << 32);
        int first = found < 0 ? -found - 1 : found; // of a repeated head the first counts
        if (first == heads.length || heads[first] >> 32 != head) {
            return "";
        }
        try (BoundedLines lines = BoundedLines.of(file, '\n', (int) heads[first])) {
            String line = lines.next();
            if (line == null || head(line) != head) {
                return ""; // the file changed under us; the next look makes another index
            }
            return path.length == 0 ? text(line, HEAD_ID) : below(lines, path);
        } catch (IOException e) {
            return "";
        }
    }

    /** Walks down the block that starts after the current line; a level is one tab deeper than the one above it. */
    private static String below(BoundedLines lines, String[] path) throws IOException {
        int level = 1;
        for (String line = lines.next(); line != null; line = lines.next()) {
            if (line.isBlank() || line.charAt(0) == '#') {
                continue;
            }
            int tabs = line.startsWith("\t\t") ? 2 : line.startsWith("\t") ? 1 : 0;
            if (tabs < level) {
                return "";
            }
            String id = path[level - 1];
            if (tabs == level && hasId(line, tabs, id)) {
                if (level == path.length) {
                    return text(line, tabs + id.length());
                }
                level++;
            }
        }
        return "";
    }

    private static boolean hasId(String line, int from, String id) {
        int end = from + id.length();
        return line.regionMatches(true, from, id, 0, id.length()) && end < line.length() && line.charAt(end) == ' ';
    }

    private static String text(String line, int from) {
        return PrintableText.of(line.substring(from).strip());
    }

    /** The key of a line that begins a block: {@code 15b3  Mellanox} or {@code C 02  Network controller}. */
    private static int head(String line) {
        if (line.length() <= HEAD_ID || line.charAt(HEAD_ID) != ' ') {
            return NONE;
        }
        return line.startsWith("C ") ? hex(line, 2, CLASS) : hex(line, 0, 0);
    }

    private static int hex(String line, int from, int plus) {
        int value = 0;
        for (int i = from; i < HEAD_ID; i++) {
            int digit = line.charAt(i) < 128 ? Character.digit(line.charAt(i), 16) : -1;
            if (digit < 0) {
                return NONE;
            }
            value = value << 4 | digit;
        }
        return plus + value;
    }
}
