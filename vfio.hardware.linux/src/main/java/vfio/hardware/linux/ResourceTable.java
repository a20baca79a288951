// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vfio.hardware.linux.sysfs.PrintableText;
import vfio.pci.core.bus.PciFunction.Bar;

/** The first six lines of sysfs' {@code resource}: start, end and flags of each BAR (include/linux/ioport.h). */
final class ResourceTable {
    private static final int BARS = 6;
    private static final long IO = 0x100;
    private static final long MEMORY = 0x200;
    private static final long PREFETCHABLE = 0x2000;
    private static final long WIDE = 0x100000;
    private static final String NUMBER = "0x([0-9a-fA-F]{1,16})";
    private static final Pattern LINE = Pattern.compile(NUMBER + " " + NUMBER + " " + NUMBER);

    private ResourceTable() {
    }

    /** The implemented BARs; a line that makes no sense is left out and warned of. */
    static List<Bar> parse(String text, Consumer<String> warnings) {
        List<Bar> bars = new ArrayList<>();
        List<String> lines = text.lines().limit(BARS).toList();
        if (lines.size() < BARS) {
            warnings.accept("resource has " + lines.size() + " lines, " + BARS + " are expected");
        }
        for (int i = 0; i < lines.size(); i++) {
            Bar bar = bar(i, lines.get(i), warnings);
            if (bar != null) {
                bars.add(bar);
                i += bar.wide() ? 1 : 0;
            }
        }
        return bars;
    }

    private static Bar bar(int index, String line, Consumer<String> warnings) {
        Matcher m = LINE.matcher(line);
        if (!m.matches()) {
            warnings.accept("resource of BAR " + index + " is '" + PrintableText.of(line) + "', no start, end and flags");
            return null;
        }
        long flags = number(m, 3);
        if (flags == 0) {
            return null;
        }
        long size = number(m, 2) - number(m, 1) + 1;
        boolean io = (flags & IO) != 0;
        boolean wide = !io && (flags & WIDE) != 0;
        // A size of 2^63 and above is negative here, and no power of two below it either.
        if (io == ((flags & MEMORY) != 0) || size <= 0 || Long.bitCount(size) != 1 || wide && index == BARS - 1) {
            warnings.accept("resource of BAR " + index + " makes no sense: " + line);
            return null;
        }
        return new Bar(index, size, io, wide, !io && (flags & PREFETCHABLE) != 0);
    }

    private static long number(Matcher m, int group) {
        return Long.parseUnsignedLong(m.group(group), 16);
    }
}
