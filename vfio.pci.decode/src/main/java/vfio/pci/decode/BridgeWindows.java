// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.util.List;

/** What a PCI bridge passes on: three windows, each of a base and a limit in parts (PCI-to-PCI Bridge 1.2 §3.2.5). */
final class BridgeWindows {
    private final ConfigBytes bytes;
    private final List<DecodedField> fields;
    private final List<String> warnings;

    BridgeWindows(ConfigBytes bytes, List<DecodedField> fields, List<String> warnings) {
        this.bytes = bytes;
        this.fields = fields;
        this.warnings = warnings;
    }

    void decode() {
        long io = bytes.u8(0x1c) | bytes.u8(0x1d) << 8;
        boolean wideIo = (io & 0xf) == 1;
        if (known("I/O", io & 0xf, io >> 8 & 0xf)) {
            long upper = wideIo ? bytes.u32(0x30) : 0;
            window("I/O", 0x1c, 2, io, (io & 0xf0) << 8 | (upper & 0xffff) << 16,
                    (io >> 8 & 0xf0) << 8 | (upper >> 16) << 16 | 0xfff, wideIo ? 8 : 4);
        }
        long memory = bytes.u32(0x20);
        if (known("Memory", memory & 0xf, memory >> 16 & 0xf)) {
            window("Memory", 0x20, 4, memory, (memory & 0xfff0) << 16, memory & 0xfff00000L | 0xfffff, 8);
        }
        long prefetchable = bytes.u32(0x24);
        boolean wide = (prefetchable & 0xf) == 1;
        if (known("Prefetchable memory", prefetchable & 0xf, prefetchable >> 16 & 0xf)) {
            window("Prefetchable memory", 0x24, 4, prefetchable,
                    (prefetchable & 0xfff0) << 16 | (wide ? bytes.u32(0x28) << 32 : 0),
                    prefetchable & 0xfff00000L | 0xfffff | (wide ? bytes.u32(0x2c) << 32 : 0), wide ? 16 : 8);
        }
    }

    private boolean known(String name, long base, long limit) {
        boolean known = base == limit && base <= (name.equals("Memory") ? 0 : 1);
        if (!known) {
            warnings.add("%s window of the bridge: types %x and %x, which are unknown or do not agree".formatted(name, base,
                    limit));
        }
        return known;
    }

    private void window(String name, int at, int width, long value, long base, long limit, int digits) {
        String text = Long.compareUnsigned(base, limit) > 0 ? "[disabled]"
                : ("%0" + digits + "x-%0" + digits + "x").formatted(base, limit);
        fields.add(new DecodedField(name + " behind bridge", "Range", at, width, -1L >>> 64 - 8 * width, value, text));
    }
}
