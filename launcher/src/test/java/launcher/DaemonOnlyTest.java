// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DaemonOnlyTest {
    private static boolean needs(String line) {
        return DaemonOnly.isNamed(List.of(line.split(" ")));
    }

    @Test
    void whatConcernsADaemonsOwnFunctionsNeedsIt() {
        for (String line : List.of("status", "bind 0000:01:00.0", "list", "list --json", "candidates 0000:01:00.0", "stop")) {
            assertTrue(needs(line), line);
        }
    }

    @Test
    void aBusAKeyHelpAndAnUnknownWordDoNot() {
        for (String line : List.of("list --bus linux", "list --bus=linux", "candidates --modalias pci:v1", "stop --help",
                "bind -h", "--help", "lsit", "doctor", "show linux/0000:00:02.0")) {
            assertFalse(needs(line), line);
        }
        assertFalse(DaemonOnly.isNamed(List.of()));
    }

    /** Its table of commands marks those that need none. */
    @Test
    void theDocumentationSaysTheSame() throws IOException {
        Set<String> needing = new TreeSet<>();
        Set<String> without = new TreeSet<>(Set.of("run", "demo")); // which are no daemon's
        for (String line : Files.readAllLines(Path.of("../docs/commands.md"))) {
            if (line.startsWith("| `")) {
                String first = line.split(" \\| ")[0];
                Matcher command = Pattern.compile("`([a-z-]+)[ `]").matcher(first);
                while (command.find()) {
                    (first.contains("\u00b9") ? without : needing).add(command.group(1));
                }
            }
            if (line.startsWith("\u00b9")) {
                break;
            }
        }
        needing.removeAll(without);
        assertTrue(needing.size() > 20, needing.toString());
        needing.forEach(command -> assertTrue(needs(command), command));
        without.forEach(command -> assertFalse(needs(command + " --bus b --modalias m"), command));
    }
}
