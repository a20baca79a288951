// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.util.List;

/** Base address registers: the bits of one say whether the next is its upper half, which no table can. */
final class BaseAddressRegisters {
    private static final int BARS = 0x10;
    private static final long ALL_ONES = 0xffffffffL;
    private static final String[] KINDS = {"32-bit", "low-1M", "64-bit", "type 3"};

    private final ConfigBytes bytes;
    private final List<DecodedField> fields;
    private final List<String> warnings;

    BaseAddressRegisters(ConfigBytes bytes, List<DecodedField> fields, List<String> warnings) {
        this.bytes = bytes;
        this.fields = fields;
        this.warnings = warnings;
    }

    /** Those that are not all 0: config space does not tell a BAR that is not implemented from one without an address. */
    BaseAddressRegisters bars(int count) {
        for (int i = 0; i < count; i++) {
            int at = BARS + 4 * i;
            long low = bytes.u32(at);
            boolean wide = (low & 7) == 4;
            boolean upper = wide && i + 1 < count;
            if (wide && !upper) {
                warnings.add("BAR " + i + " is said to have 64 bits, and there is no register for its upper half");
            }
            if (low != 0 && low != ALL_ONES) {
                bar(i, at, upper ? 8 : 4, bytes.read(at, upper ? 8 : 4));
            }
            i += upper ? 1 : 0;
        }
        return this;
    }

    private void bar(int index, int at, int width, long value) {
        boolean io = (value & 1) != 0;
        long address = value & (io ? ~3L : ~0xfL);
        String text = io ? "I/O ports at " + hex(address, 4)
                : "Memory at " + hex(address, 8) + " (" + KINDS[(int) (value >> 1 & 3)]
                + ((value & 8) != 0 ? ", prefetchable)" : ", non-prefetchable)");
        fields.add(new DecodedField("Region " + index, "Base", at, width, -1L >>> 64 - 8 * width, value, text));
    }

    void rom(int at) {
        long value = bytes.u32(at);
        if (value != 0) {
            String text = hex(value & ~0x7ffL, 8) + ((value & 1) == 0 ? " [disabled]" : "");
            fields.add(new DecodedField("Expansion ROM", "Base", at, 4, ALL_ONES, value, text));
        }
    }

    private static String hex(long address, int digits) {
        return address == 0 ? "<unassigned>" : ("%0" + digits + "x").formatted(address);
    }
}
