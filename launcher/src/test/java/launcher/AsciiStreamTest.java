// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class AsciiStreamTest {
    private static String ascii(byte[] text, int chunk) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        AsciiStream stream = new AsciiStream(out);
        for (int i = 0; i < text.length; i += chunk) {
            stream.write(text, i, Math.min(chunk, text.length - i));
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Example
    void theEllipsisIsATilde() throws IOException {
        assertEquals("NVMe contr~  Jos? ? ?", ascii("NVMe contr…  José € 𝄞".getBytes(StandardCharsets.UTF_8), 100));
    }

    @Property(tries = 200)
    void everyCharacterIsOneOfAsciiHoweverItsBytesArrive(
            @ForAll @Size(max = 40) List<@IntRange(min = 1, max = 0x10ffff) Integer> points,
            @ForAll @IntRange(min = 1, max = 9) int chunk) throws IOException {
        StringBuilder text = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        for (int point : points) {
            if (point < 0xd800 || point > 0xdfff) { // the halves of pairs are no characters
                text.appendCodePoint(point);
                expected.append(point < 0x80 ? (char) point : point == 0x2026 ? '~' : '?');
            }
        }
        assertEquals(expected.toString(), ascii(text.toString().getBytes(StandardCharsets.UTF_8), chunk));
    }
}
