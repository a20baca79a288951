// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The chain of capabilities behind an info struct: each entry is a {@code struct vfio_info_cap_header} and a payload. The
 * header has the offset of the next entry from the struct's start, 0 in the last entry.
 */
final class CapabilityChain {
    private static final int HEADER = 8;

    private CapabilityChain() {
    }

    /** Returns the number of bytes of all entries, each rounded up to a multiple of 8. */
    static int size(List<InfoCapability> capabilities) {
        return capabilities.stream().mapToInt(CapabilityChain::size).sum();
    }

    private static int size(InfoCapability capability) {
        return HEADER + capability.payload().remaining() + 7 & ~7;
    }

    /** Writes the entries from offset {@code at} on, a multiple of 8. */
    static void write(List<InfoCapability> capabilities, ByteBuffer struct, int at) {
        int position = at;
        for (int i = 0; i < capabilities.size(); i++) {
            InfoCapability capability = capabilities.get(i);
            int next = position + size(capability);
            struct.putShort(position, (short) capability.id()).putShort(position + 2, (short) capability.version());
            struct.putInt(position + 4, i == capabilities.size() - 1 ? 0 : next);
            struct.duplicate().position(position + HEADER).put(capability.payload());
            position = next;
        }
    }

    /**
     * Reads the entries in the order of the chain. A header does not give the length of its payload: the payload ends where
     * another entry begins, or with the struct.
     *
     * @param first offset of the first entry
     * @param least the lowest offset that an entry may have
     * @throws VfioException EIO where an entry lies outside the struct, overlaps another entry or comes twice
     */
    static List<InfoCapability> read(ByteBuffer struct, long first, int least) {
        NavigableMap<Integer, Integer> order = new TreeMap<>();
        for (long at = first; at != 0; at = Integer.toUnsignedLong(struct.getInt((int) at + 4))) {
            if (at < least || at > struct.limit() - HEADER) {
                throw broken("a capability at " + at + " lies outside of " + least + " to " + struct.limit());
            }
            Integer below = order.floorKey((int) at);
            Integer above = order.higherKey((int) at);
            if (below != null && at - below < HEADER || above != null && above - at < HEADER) {
                throw broken("the capability at " + at + " overlaps another, or the chain is a ring");
            }
            order.put((int) at, order.size());
        }
        InfoCapability[] read = new InfoCapability[order.size()];
        for (Map.Entry<Integer, Integer> entry : order.entrySet()) {
            Integer above = order.higherKey(entry.getKey());
            read[entry.getValue()] = entry(struct, entry.getKey(), above == null ? struct.limit() : above);
        }
        return List.of(read);
    }

    private static InfoCapability entry(ByteBuffer struct, int at, int end) {
        ByteBuffer payload = struct.duplicate().order(ByteOrder.LITTLE_ENDIAN).position(at + HEADER).limit(end);
        return new InfoCapability(Short.toUnsignedInt(struct.getShort(at)), Short.toUnsignedInt(struct.getShort(at + 2)),
                payload);
    }

    static VfioException broken(String why) {
        return new VfioException(Errno.EIO, "read an info struct: " + why + "; the other side is broken");
    }
}
