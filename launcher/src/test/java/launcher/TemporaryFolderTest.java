// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFolderTest {
    private static final String PROPERTY = "java.io.tmpdir";

    @TempDir
    Path given;
    private final String before = System.getProperty(PROPERTY);
    private final Path state = Path.of("/state");

    @AfterEach
    void restore() {
        System.setProperty(PROPERTY, before);
    }

    private String chosen(Path folder, String commandLine, Map<String, String> environment) {
        System.setProperty(PROPERTY, folder.toString());
        TemporaryFolder.choose(state, commandLine, environment);
        return System.getProperty(PROPERTY);
    }

    @Test
    void javasOwnIsNotUsed() {
        assertEquals("/state/tmp", chosen(given, "java\0-Xmx1m\0launcher.Main\0run\0", Map.of()));
    }

    @Test
    void whatWasGivenIsKeptWhereverItWasGiven() {
        String option = "-Djava.io.tmpdir=" + given;
        assertEquals(given.toString(), chosen(given, "java\0" + option + "\0launcher.Main\0", Map.of()));
        for (String variable : new String[] {"JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"}) {
            assertEquals(given.toString(), chosen(given, "java\0", Map.of(variable, "-Xmx64m " + option)));
        }
    }

    @Test
    void whatCannotBeWrittenIsOfNoUse() {
        Path missing = given.resolve("missing");
        assertEquals("/state/tmp", chosen(missing, "java\0-Djava.io.tmpdir=" + missing + "\0", Map.of()));
    }
}
