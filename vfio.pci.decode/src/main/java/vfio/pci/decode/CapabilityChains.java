// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Walks the two chains of capabilities. Used once. */
final class CapabilityChains {
    private static final int STATUS = 0x06;
    private static final int CAPABILITY_LIST = 0x10;
    private static final int FIRST = 0x40;
    private static final int EXTENDED = 0x100;
    private static final int PCI_X = 0x07;
    private static final int EXPRESS = 0x10;
    private static final int NONE = -1;

    private final ConfigBytes bytes;
    private final List<String> warnings;
    private final List<DecodedCapability> found = new ArrayList<>();
    private final BitSet taken = new BitSet();
    private int port = NONE;
    private boolean extendedPossible;

    CapabilityChains(ConfigBytes bytes, List<String> warnings) {
        this.bytes = bytes;
        this.warnings = warnings;
    }

    List<DecodedCapability> decode() {
        if ((bytes.u16(STATUS) & CAPABILITY_LIST) != 0) {
            standard();
        }
        if (extendedPossible && bytes.size() > EXTENDED) {
            extended();
        }
        return found;
    }

    private void standard() {
        // A CardBus bridge has its pointer elsewhere, for 34h is a window's.
        int from = bytes.headerType() == 2 ? 0x14 : 0x34;
        BitSet seen = new BitSet();
        for (int at = bytes.u8(from) & ~3; at != 0; at = bytes.u8(at + 1) & ~3) {
            if (at < FIRST) {
                warnings.add("the byte at %02xh leads to a capability at %02xh, inside the header: the chain ends there"
                        .formatted(from, at));
                return;
            }
            if (seen.get(at)) {
                warnings.add("the byte at %02xh leads back to the capability at %02xh: the chain is a loop"
                        .formatted(from, at));
                return;
            }
            seen.set(at);
            int id = bytes.u8(at);
            if (id == 0xff) {
                warnings.add("the capability at %02xh has id ff: nothing is there, the chain is broken".formatted(at));
                return;
            }
            if (id == EXPRESS && port == NONE) {
                port = bytes.u8(at + 2) >> 4;
            }
            extendedPossible |= id == EXPRESS || id == PCI_X;
            add(false, id, 0, at, 2);
            from = at + 1;
        }
    }

    private void extended() {
        BitSet seen = new BitSet();
        int at = EXTENDED;
        while (at != 0) {
            long header = bytes.u32(at);
            if (header == 0 || header == 0xffffffffL) {
                if (at != EXTENDED) {
                    warnings.add("the chain of extended capabilities leads to %03xh, where there is none".formatted(at));
                }
                return;
            }
            seen.set(at);
            add(true, (int) header & 0xffff, (int) (header >> 16) & 0xf, at, 4);
            int next = (int) (header >> 20) & ~3;
            if (next != 0 && (next < EXTENDED || seen.get(next))) {
                warnings.add("the extended capability at %03xh leads to %03xh, %s: the chain ends there".formatted(at, next,
                        next < EXTENDED ? "below 100h" : "where it has been"));
                return;
            }
            at = next;
        }
    }

    private void add(boolean extended, int id, int version, int at, int header) {
        CapabilityTable table = RegisterTables.capability(extended, id);
        Variables variables = new Variables(bytes.headerType(), port);
        if (extended) {
            variables.put("Version", version);
        }
        List<DecodedField> fields = table == null ? List.of() : new RegisterDecoder(bytes, at, variables).decode(table);
        String name = ConfigDecoder.capabilityName(extended, id);
        int length = length(table == null ? header : Math.max(header, table.length(variables)), name, at,
                extended ? bytes.size() : EXTENDED);
        found.add(new DecodedCapability(id, extended, name, (int) variables.get("Version"), at, length, fields));
    }

    /** Within its half of config space and apart from the others, or a warning. */
    private int length(int asked, String name, int at, int end) {
        int length = Math.min(asked, end - at);
        if (length < asked) {
            warnings.add("%s at %02xh has %d bytes, past the end at %xh: it is cut there".formatted(name, at, asked, end));
        }
        if (taken.nextSetBit(at) >= 0 && taken.nextSetBit(at) < at + length) {
            warnings.add("%s at %02xh of %d bytes overlaps a capability before it".formatted(name, at, length));
        }
        taken.set(at, at + length);
        return length;
    }
}
