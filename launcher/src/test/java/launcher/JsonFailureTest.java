// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import vfio.admin.ExitCode;

class JsonFailureTest {
    @Test
    void itIsTheObjectOfTheCommands() {
        assertEquals("{\"schema\":1,\"error\":{\"message\":\"no daemon runs in /d\","
                + "\"errno\":null,\"code\":3,\"object\":null}}",
                JsonFailure.line(new LaunchException(ExitCode.NO_DAEMON, "no daemon runs in /d")));
    }

    @Test
    void itIsAskedForByAnOptionAlone() {
        assertTrue(Main.asksForJson(new String[] {"status", "--json"}));
        assertFalse(Main.asksForJson(new String[] {"status"}));
        assertFalse(Main.asksForJson(new String[] {"override", "--", "--json"}));
    }
}
