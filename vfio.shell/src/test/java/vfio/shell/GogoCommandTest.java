// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GogoCommandTest {
    @Test
    void runsTheSameTreeOnTheShellsStreamsAndActsAfterwards() {
        List<String> order = new ArrayList<>();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            new GogoCommand((args, session) -> {
                session.afterwards(() -> order.add("afterwards"));
                session.out().print(args);
                order.add("run");
                return 0;
            }).vfio(new String[] {"list", "--json"});
        } finally {
            System.setOut(before);
        }
        assertEquals("[list, --json]", bytes.toString(StandardCharsets.UTF_8));
        assertEquals(List.of("run", "afterwards"), order);
    }

    @Test
    void busOfAnotherProcessIsExplained() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            new GogoCommand((args, session) -> 75).vfio(new String[0]);
        } finally {
            System.setErr(before);
        }
        assertTrue(bytes.toString(StandardCharsets.UTF_8).startsWith("vfio: the daemon does not hold"));
    }
}
