// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.nio.charset.StandardCharsets;

/**
 * The lines of a dump, one after the other. LF, CR or both end a line, and a byte order mark before one is no part of it:
 * files that were put together have them in the middle too. Names of devices may be in any encoding, and are not looked at.
 */
final class DumpLines {
    private static final int[] BYTE_ORDER_MARK = {0xef, 0xbb, 0xbf};

    private final byte[] bytes;
    private final int end;
    private int at;
    private int number;

    /**
     * Makes the lines of the first bytes.
     *
     * @param end how many bytes
     */
    DumpLines(byte[] bytes, int end) {
        this.bytes = bytes;
        this.end = end;
    }

    /** Returns the next line without its end, a character for each byte; null where there is none. */
    String next() {
        if (at >= end) {
            return null;
        }
        int start = at + (marked() ? BYTE_ORDER_MARK.length : 0);
        int stop = start;
        while (stop < end && bytes[stop] != '\n' && bytes[stop] != '\r') {
            stop++;
        }
        at = stop + (stop + 1 < end && bytes[stop] == '\r' && bytes[stop + 1] == '\n' ? 2 : 1);
        number++;
        return new String(bytes, start, stop - start, StandardCharsets.ISO_8859_1);
    }

    /** Returns the number of the line that {@link #next} gave, from 1. */
    int number() {
        return number;
    }

    private boolean marked() {
        for (int i = 0; i < BYTE_ORDER_MARK.length; i++) {
            if (at + i >= end || (bytes[at + i] & 0xff) != BYTE_ORDER_MARK[i]) {
                return false;
            }
        }
        return true;
    }
}
