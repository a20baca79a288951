// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import static vfio.pci.core.id.PciRegisters.STD_NUM_BARS;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vfio.hardware.linux.sysfs.PrintableText;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.id.ResourceFlags;

/**
 * The parser of sysfs' {@code resource}, whose first six lines have start, end and flags of a BAR (include/linux/ioport.h).
 */
final class ResourceTable {
    private static final String NUMBER = "0x([0-9a-fA-F]{1,16})";
    private static final Pattern LINE = Pattern.compile(NUMBER + " " + NUMBER + " " + NUMBER);

    private ResourceTable() {
    }

    /** Returns the implemented BARs; a line that makes no sense is left out with a warning. */
    static List<Bar> parse(String text, Consumer<String> warnings) {
        List<Bar> bars = new ArrayList<>();
        List<String> lines = text.lines().limit(STD_NUM_BARS).toList();
        if (lines.size() < STD_NUM_BARS) {
            warnings.accept("resource has " + lines.size() + " lines, " + STD_NUM_BARS + " are expected");
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
        long size = number(m, 2) - number(m, 1) + 1; // negative from 2^63 on, and no power of two below that either
        boolean io = (flags & ResourceFlags.IO) != 0;
        boolean wide = !io && (flags & ResourceFlags.MEM_64) != 0;
        boolean memory = (flags & ResourceFlags.MEM) != 0;
        if (io == memory || size <= 0 || Long.bitCount(size) != 1 || wide && index == RegionIndex.BAR5) {
            warnings.accept("resource of BAR " + index + " makes no sense: " + line);
            return null;
        }
        return new Bar(index, size, io, wide, !io && (flags & ResourceFlags.PREFETCH) != 0);
    }

    private static long number(Matcher m, int group) {
        return Long.parseUnsignedLong(m.group(group), 16);
    }
}
