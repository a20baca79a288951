// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsFileTest {
    private static final String TEXT = "# notes\nrules=strict-rfc\npolicies[]=a,\\\n  b\n";

    @TempDir
    private Path directory;

    private Map<String, String> read(String text, Charset charset) throws IOException {
        return SettingsFile.read(Files.write(directory.resolve("f"), text.getBytes(charset)));
    }

    private String error(String text, Charset charset) {
        return assertThrows(IOException.class, () -> read(text, charset)).getMessage();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void anyLineEndAndAByteOrderMarkAreRead(String end) throws IOException {
        Map<String, String> expected = Map.of("rules", "strict-rfc", "policies[]", "a,b");
        String text = TEXT.replace("\n", end);
        assertEquals(expected, read(text, StandardCharsets.UTF_8));
        assertEquals(expected, read("\ufeff" + text, StandardCharsets.UTF_8));
        assertEquals(expected, read("\ufeff" + text.replace("# notes" + end, ""), StandardCharsets.UTF_8));
    }

    @Test
    void whatWouldBeLostIsRefused() {
        assertEquals("'rules' is there twice", error(TEXT + "rules=merged\n", StandardCharsets.UTF_8));
        assertEquals("the last line ends in a backslash; a backslash itself is written twice",
                error("topology=\\\\host\\share\\", StandardCharsets.UTF_8));
        assertEquals("the last line ends in a backslash; a backslash itself is written twice",
                error("a=b\ntopology=x\\\r\n", StandardCharsets.UTF_8));
        assertEquals("line 2 is no UTF-8", error("a=b\ntopology=caf\u00e9\n", StandardCharsets.ISO_8859_1));
        assertEquals("line 1 is no UTF-8", error(TEXT, StandardCharsets.UTF_16));
    }

    @Test
    void backslashesInPairsAreOfTheValue() throws IOException {
        assertEquals(Map.of("a", "b\\"), read("a=b\\\\\n", StandardCharsets.UTF_8));
    }
}
