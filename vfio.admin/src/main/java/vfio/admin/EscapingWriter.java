// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;

/**
 * A writer that escapes in JSON what Gson leaves as it is: C1 controls and direction marks. They occur in strings only, where
 * the escape means the same.
 */
final class EscapingWriter extends FilterWriter {
    EscapingWriter(Writer out) {
        super(out);
    }

    @Override
    public void write(int c) throws IOException {
        if (risky(c)) {
            out.write("\\u%04x".formatted(c));
        } else {
            out.write(c);
        }
    }

    @Override
    public void write(char[] text, int offset, int length) throws IOException {
        write(new String(text, offset, length), 0, length);
    }

    @Override
    public void write(String text, int offset, int length) throws IOException {
        int done = offset;
        for (int i = offset; i < offset + length; i++) {
            if (risky(text.charAt(i))) {
                out.write(text, done, i - done);
                write(text.charAt(i));
                done = i + 1;
            }
        }
        out.write(text, done, offset + length - done);
    }

    private static boolean risky(int c) {
        return c >= 0x7f && !Character.isSurrogate((char) c) && Text.hidden(c);
    }
}
