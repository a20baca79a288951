// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
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
}
