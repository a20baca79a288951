// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The differences that are explained, from a file of lines {@code KIND CAPABILITY+OFFSET[-OFFSET] MASK WHY}; counts them.
 * Lines {@code apart WHY} are of what is not drawn.
 */
final class Known {
    private static final Pattern LINE = Pattern.compile("(read|raw) (\\w+)\\+(\\w+)(?:-(\\w+))? (\\w\\w) (.+)");

    private static final String APART = "apart ";

    private final List<String> apart = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();
    private final Map<Line, Integer> met = new LinkedHashMap<>();

    /** @param capability as {@link vfio.pci.core.internal.config.PermissionRow} names it */
    private record Line(String kind, String capability, int from, int to, int mask, String text) {
        boolean covers(String of, String at, int offset, int bits) {
            return kind.equals(of) && capability.equals(at) && offset >= from && offset <= to && (bits & ~mask) == 0;
        }
    }

    Known(Path file) throws IOException {
        for (String text : Files.readAllLines(file)) {
            if (text.startsWith("#") || text.isBlank()) {
                continue;
            }
            if (text.startsWith(APART)) {
                apart.add(text);
                continue;
            }
            Matcher m = LINE.matcher(text);
            if (!m.matches()) {
                throw new IOException(file + ": no known difference: " + text);
            }
            int from = Integer.parseInt(m.group(3), 16);
            lines.add(new Line(m.group(1), m.group(2), from, m.group(4) == null ? from : Integer.parseInt(m.group(4), 16),
                    Integer.parseInt(m.group(5), 16), text));
        }
    }

    /**
     * Whether a difference of one byte is known.
     *
     * @param kind {@code read} of what a user reads, {@code raw} of what the hardware has
     * @param bits that differ
     */
    boolean explains(String kind, String capability, int offset, int bits) {
        for (Line line : lines) {
            if (line.covers(kind, capability, offset, bits)) {
                met.merge(line, 1, Integer::sum);
                return true;
            }
        }
        return false;
    }

    int count() {
        return met.values().stream().mapToInt(Integer::intValue).sum();
    }

    void print() {
        apart.forEach(line -> System.out.println("  not drawn: " + line));
        met.forEach((line, times) -> System.out.println("  known, " + times + " bytes: " + line.text));
    }
}
