// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import itest.Product.Result;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What one sees at a terminal. */
class TerminalIT {
    private static final String LIST = "'" + Product.here().script() + "' --dir none list --bus emulated";

    @TempDir
    Path folder;

    private static Map<String, String> environment(String... more) {
        Map<String, String> environment = new HashMap<>(Map.of("PATH", System.getenv("PATH"), "JAVA_HOME",
                System.getProperty("java.home"), "TERM", "xterm", "LC_ALL", "C.UTF-8"));
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        return environment;
    }

    private String shown(Map<String, String> environment, int columns, String line) throws Exception {
        try (PseudoTerminal terminal = new PseudoTerminal(environment, folder, columns, line)) {
            assertEquals(0, terminal.exitCode(), terminal::shown);
            return new String(terminal.shown().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        }
    }

    private static int widest(String text) {
        return text.lines().mapToInt(String::length).max().orElse(0);
    }

    @ParameterizedTest
    @CsvSource({"64, ''", "64, </dev/null", "70, 2>/dev/null </dev/null"})
    void tablesAreAsWideAsTheTerminal(int columns, String elsewhere) throws Exception {
        String text = shown(environment("COLUMNS", "wide"), columns, LIST + " " + elsewhere);
        assertEquals(columns, widest(text), text);
        assertTrue(text.contains("…"), text);
    }

    @Test
    void columnsDecideWhereTheyAreANumber() throws Exception {
        String text = shown(environment("COLUMNS", "72"), 64, LIST);
        assertEquals(72, widest(text), text);
    }

    @Test
    void aTerminalWithoutUtf8GetsAscii() throws Exception {
        String text = shown(environment("LC_ALL", "C"), 64, LIST);
        assertEquals(64, widest(text), text);
        assertTrue(text.contains("~") && text.chars().allMatch(c -> c < 0x80), text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xterm", "dumb"})
    void thePromptOfRunTakesOurCommands(String term) throws Exception {
        Path run = folder.resolve("run");
        String start = "'" + Product.here().script() + "' run --dir run --drivers drivers";
        try (PseudoTerminal terminal = new PseudoTerminal(environment("TERM", term), folder, 100, start)) {
            terminal.await("ready: 16 functions on emulated");
            terminal.await("vfio> "); // at once, before anything is typed
            terminal.type("list");
            terminal.await("0000:01:00.2  15b3:101e");
            terminal.await("vfio> ");
            terminal.type("./vfio bind 0000:01:00.2");
            terminal.await("bound to vfio-pci");
            terminal.type("help");
            terminal.await("vfio COMMAND --help tells more");
            terminal.await("closes the prompt");
            terminal.type("scr:list");
            terminal.await("'scr:list' is no command");
            terminal.type("help list");
            terminal.await("List functions");
            terminal.type("exit");
            terminal.await("the daemon runs on");
            Result status = Product.run(environment(), folder, List.of(Product.here().script(), "--dir", "run", "status"));
            assertEquals(0, status.code(), status::toString);
            assertFalse(Files.readString(run.resolve("daemon.log.0")).contains("jline"), "a word about terminals in the log");
            Product.run(environment(), folder, List.of(Product.here().script(), "--dir", "run", "stop"));
            assertEquals(0, terminal.exitCode());
            assertFalse(terminal.shown().contains("WARNING"), terminal::shown);
        }
    }

    @Test
    void interruptEndsACommandAndAtAnEmptyLineTheDaemon() throws Exception {
        String start = "'" + Product.here().script() + "' run --dir run --drivers drivers";
        try (PseudoTerminal terminal = new PseudoTerminal(environment(), folder, 100, start)) {
            terminal.await("vfio> ");
            terminal.type("bind 0000:01:00.2");
            terminal.await("bound to vfio-pci");
            terminal.type("events --follow");
            terminal.await("0000:01:00.2"); // it follows
            terminal.interrupt();
            terminal.await("vfio> ");
            terminal.type("status");
            terminal.await("policy not met"); // so that the prompt is the one behind it, however often a prompt is drawn
            terminal.await("vfio> ");
            terminal.interrupt();
            assertEquals(0, terminal.exitCode(), terminal::shown);
        }
    }
}
