// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.math.BigDecimal;

/** How the bits of a field are printed. */
interface FieldText {
    /** A bit. */
    FieldText FLAG = value -> value == 0 ? "-" : "+";
    FieldText DECIMAL = Long::toUnsignedString;
    /** Of a latency in ns: the value of 10 bits, and its scale, a power of 32. */
    int LATENCY_BITS = 10;

    String of(long value);

    /**
     * Reads a format of registers.txt.
     *
     * @param low the field's lowest bit
     */
    static FieldText parse(String format, int low) {
        int blank = format.indexOf(' ');
        String kind = blank < 0 ? format : format.substring(0, blank);
        String rest = blank < 0 ? "" : format.substring(blank + 1);
        return switch (kind) {
            case "hex" -> value -> hex(value, rest);
            case "place" -> value -> hex(value << low, rest);
            case "plus" -> value -> Long.toString(value + Long.parseLong(rest));
            case "ones" -> value -> Long.toString((1L << value) - 1);
            case "times", "pow2" -> number(kind, rest);
            case "list", "top" -> list(kind, rest.split("\\|", -1));
            default -> named(kind, rest);
        };
    }

    private static String hex(long value, String digits) {
        return ("%0" + digits + "x").formatted(value);
    }

    private static FieldText number(String kind, String rest) {
        int blank = rest.indexOf(' ');
        long number = Long.parseLong(rest.substring(0, blank));
        String template = rest.substring(blank + 1);
        return kind.equals("times") ? value -> template.formatted(value * number)
                // A size that no 63 bits hold is none.
                : value -> value > 40 ? "unknown" : template.formatted(number << value);
    }

    private static FieldText list(String kind, String[] words) {
        String last = words[words.length - 1];
        String other = last.startsWith("*") ? last.substring(1) : "";
        int count = last.startsWith("*") ? words.length - 1 : words.length;
        return value -> {
            long index = kind.equals("list") ? value : 64 - Long.numberOfLeadingZeros(value);
            String word = index < count ? words[(int) index] : kind.equals("top") ? last : other;
            return word.isEmpty() ? other : word;
        };
    }

    private static FieldText named(String kind, String rest) {
        return switch (kind) {
            case "power" -> FieldText::power;
            case "latency" -> value -> nanoseconds(value & 0x3ff, value >> LATENCY_BITS);
            case "threshold" -> value -> value >> 13 > 5 ? "<error>" : nanoseconds(value & 0x3ff, value >> 13);
            case "poweron" -> FieldText::powerOn;
            case "granularity" -> value -> value == 0 ? rest : value == 0xff ? "Greater than 254ns" : value + "ns";
            case "serial" -> value -> "%016x".formatted(value).replaceAll("(..)(?!$)", "$1-");
            case "address" -> value -> "%02x:%02x.%d".formatted(value >> 8, value >> 3 & 0x1f, value & 7);
            default -> throw new IllegalArgumentException("no format: " + kind);
        };
    }

    private static String nanoseconds(long value, long scale) {
        return (value << 5 * scale) + "ns";
    }

    /** A slot power limit: 8 bits, and a scale of 1 to 0.001 above them (PCIe 6.0 §7.5.3.9). */
    private static String power(long value) {
        long watts = value & 0xff;
        int scale = (int) (value >> 8);
        if (scale == 0 && watts >= 0xf0) {
            return watts == 0xff ? ">600W" : 250 + 25 * (watts - 0xf0) + "W";
        }
        BigDecimal limit = BigDecimal.valueOf(watts).movePointLeft(scale).stripTrailingZeros();
        return (limit.signum() == 0 ? "0" : limit.toPlainString()) + "W";
    }

    /** T_POWER_ON: a scale of 2 bits and a value of 5, a reserved bit between (PCIe 6.0 §7.8.3.2). */
    private static String powerOn(long value) {
        long time = value >> 3;
        return switch ((int) (value & 3)) {
            case 0 -> 2 * time + "us";
            case 1 -> 10 * time + "us";
            case 2 -> 100 * time + "us";
            default -> "<error>";
        };
    }
}
