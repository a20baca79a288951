// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.iova.IovaRange;

/** The parser of the kernel's lists of address ranges: pairs of 64 bits, the first address and the last. */
final class IovaRangeList {
    private static final int SIZE = 16;

    private IovaRangeList() {
    }

    /**
     * Parses a list.
     *
     * @param at offset of the first range in bytes
     * @param room the number of ranges that fit
     * @param count the number of ranges by the kernel's answer, unsigned
     * @throws VfioException EIO where they make no sense
     */
    static List<IovaRange> of(ByteBuffer bytes, int at, int room, int count) {
        if (count < 0 || count > room) {
            throw new VfioException(Errno.EIO, "read ranges of addresses: the kernel says " + Integer.toUnsignedString(count)
                    + " and there is room for " + room);
        }
        List<IovaRange> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long first = bytes.getLong(at + SIZE * i);
            long last = bytes.getLong(at + SIZE * i + Long.BYTES);
            if (Long.compareUnsigned(first, last) > 0) {
                throw new VfioException(Errno.EIO, "read ranges of addresses: one ends before it begins");
            }
            all.add(new IovaRange(first, last));
        }
        return all;
    }
}
