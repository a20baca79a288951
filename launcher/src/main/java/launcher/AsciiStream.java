// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.io.OutputStream;

/**
 * A stream that turns UTF-8 into ASCII, for a terminal of another character set: one character becomes one character, so that
 * columns stay columns. The ellipsis becomes a tilde, any other character a question mark.
 */
final class AsciiStream extends OutputStream {
    private static final int ELLIPSIS = 0x2026;

    private final OutputStream to;
    private int character;
    private int missing;

    AsciiStream(OutputStream to) {
        this.to = to;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        byte[] ascii = new byte[length];
        int n = 0;
        for (int i = offset; i < offset + length; i++) {
            if (bytes[i] >= 0) {
                ascii[n++] = bytes[i];
            } else if (ended(bytes[i])) {
                ascii[n++] = (byte) (character == ELLIPSIS ? '~' : '?');
            }
        }
        to.write(ascii, 0, n);
    }

    /**
     * Takes a byte of a character of several bytes, and returns whether the character is whole. A character may come in two
     * writes.
     */
    private boolean ended(byte b) {
        if ((b & 0xc0) == 0xc0) { // the first: as many ones as there are bytes
            missing = Integer.numberOfLeadingZeros(~(b << 24)) - 1;
            character = b & 0x3f >> missing;
            return false;
        }
        character = character << 6 | b & 0x3f;
        return --missing == 0;
    }
}
