// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * A file of settings: UTF-8 in the form of {@link Properties}. Refuses what Properties passes over in silence, such as one of
 * two values of a key.
 */
final class SettingsFile {
    private static final char BYTE_ORDER_MARK = '\ufeff';
    /** A text whose last line ends in a backslash, which asks for another line. */
    private static final Pattern UNFINISHED = Pattern.compile("(?s).*(?<!\\\\)(?:\\\\\\\\)*\\\\(?:\r\n?|\n)?");

    private static final int LARGEST = 1 << 20;

    private SettingsFile() {
    }

    /**
     * Reads a file.
     *
     * @return values by key, in the order of the file
     * @throws IOException where the file cannot be read, or has what Properties would lose; the message says where
     */
    static Map<String, String> read(Path file) throws IOException {
        String text = decoded(bytes(file));
        if (UNFINISHED.matcher(text).matches()) {
            throw new IOException("the last line ends in a backslash; a backslash itself is written twice");
        }
        OnceEach values = new OnceEach();
        values.load(new StringReader(text));
        if (values.twice != null) {
            throw new IOException("'" + values.twice + "' is there twice");
        }
        return values.read;
    }

    private static byte[] bytes(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new IOException("it has more than " + LARGEST + " bytes, which are no settings");
            }
            return bytes;
        }
    }

    private static String decoded(byte[] bytes) throws IOException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CharBuffer text = CharBuffer.allocate(bytes.length + 1);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        boolean bad = decoder.decode(in, text, true).isError();
        text.flip();
        if (bad) {
            throw new IOException("line " + (text.chars().filter(c -> c == '\n').count() + 1) + " is no UTF-8");
        }
        return text.toString().replaceFirst("^" + BYTE_ORDER_MARK, "");
    }

    /** The keys in the order of the file, and one that the file has twice. */
    private static final class OnceEach extends Properties {
        private static final long serialVersionUID = 1L;
        private final transient Map<String, String> read = new LinkedHashMap<>();
        private transient String twice;

        @Override
        public synchronized Object put(Object key, Object value) {
            String before = read.put((String) key, (String) value);
            twice = before == null ? twice : (String) key;
            return before;
        }
    }
}
