// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import vfio.pci.core.id.RegionIndex;

/** Where in a function: a region and a position in it. */
final class RegionPlace {
    /** Far more than any function has. */
    private static final int LAST = 0xffff;
    private static final Map<String, Integer> NAMES =
            Map.of("rom", RegionIndex.ROM, "config", RegionIndex.CONFIG, "vga", RegionIndex.VGA);

    @CommandLine.Mixin
    private FunctionName function;

    @CommandLine.Parameters(index = "1", paramLabel = "REGION", description = "Index, or bar0 to bar5, rom, config, vga.")
    private String region;

    @CommandLine.Parameters(index = "2", paramLabel = "OFFSET", description = "From the region's start; 0x for hex.")
    private String offset;

    /** Returns the name of the function. */
    String name() {
        return function.name;
    }

    int region() {
        String text = region.toLowerCase(Locale.ROOT);
        if (NAMES.containsKey(text)) {
            return NAMES.get(text);
        }
        boolean bar = text.startsWith("bar");
        long index = number("region", bar ? text.substring(3) : text);
        if (index < 0 || index > (bar ? RegionIndex.BAR5 : LAST)) {
            throw new UsageException("region '" + region + "' cannot be; BARs are bar0 to bar5, and an index is small");
        }
        return (int) index;
    }

    /** A register there, as {@code --json} prints it. */
    Register register(int bits, String value) {
        return new Register(region(), offset(), bits, value);
    }

    /** @param value hex digits behind 0x */
    record Register(int region, long offset, int width, String value) {
    }

    long offset() {
        return number("offset", offset);
    }

    /** A number in decimal, or in hex behind 0x; up to 64 bits. */
    static long number(String what, String text) {
        try {
            return text.startsWith("0x") || text.startsWith("0X") ? Long.parseUnsignedLong(text.substring(2), 16)
                    : Long.parseUnsignedLong(text);
        } catch (NumberFormatException e) {
            throw new UsageException(what + " '" + text + "' is no number; decimal, or 0x and hex digits");
        }
    }

    /** The width of a register. */
    static int width(int bits) {
        if (bits != 8 && bits != 16 && bits != 32 && bits != 64) {
            throw new UsageException("a register has 8, 16, 32 or 64 bits, not " + bits);
        }
        return bits / Byte.SIZE;
    }
}
