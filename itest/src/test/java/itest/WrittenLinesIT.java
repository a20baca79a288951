// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import itest.Product.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every line that README.md and the commands' help give as an example, run as it is written, in a folder that looks like a
 * checkout and beside a daemon as README starts it; and the output that README shows. The lines are taken from there, so that
 * one written later is run too.
 */
class WrittenLinesIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Pattern COMMAND = Pattern.compile("(?m)^  ([a-z][a-z-]+) +[A-Z]");
    /** Lines that end otherwise than with 0 here, and why. */
    private static final Map<String, Integer> OTHERWISE = Map.of(
            "vfio bind linux/0000:03:00.0 --force network --owner qemu", 4, // the daemon does not hold the host's bus
            "vfio unbind linux/0000:03:00.0 --to-host --dry-run", 4,
            "vfio pin vfio.pci.mlx5 1.2.0", 4, // a version that is not here
            "vfio rollback mlx5_vfio_pci", 1, // no build has been before
            "vfio update mlx5_vfio_pci --dry-run", 1); // nor is another wanted
    /** Ends with 1 where this host needs mending. */
    private static final String DOCTOR = "vfio doctor";
    /** Lines that take away what others need come last. */
    private static final List<String> LAST = List.of("unbind", "stop");

    /** Where standard output goes. */
    enum Output { PIPE, TERMINAL }

    @TempDir
    Path folder;
    private Path cwd;
    private Path bin;
    private Map<String, String> environment;
    private Process daemon;

    @BeforeEach
    void start() throws IOException {
        cwd = Files.createDirectory(folder.resolve("checkout"));
        bin = Files.createDirectory(folder.resolve("bin"));
        Path script = Path.of(Product.here().script());
        Files.createSymbolicLink(cwd.resolve("vfio"), script);
        Files.createSymbolicLink(cwd.resolve("target"), script.resolveSibling("target"));
        Files.createSymbolicLink(bin.resolve("vfio"), script);
        program("lspci"); // what it makes of our dumps is tested by realworld/lspci
        environment = new HashMap<>(Map.of("PATH", bin + ":" + System.getenv("PATH"), "JAVA_HOME",
                System.getProperty("java.home"), "TERM", "xterm", "LC_ALL", "C.UTF-8", "VFIO_DIR", cwd + "/run"));
        daemon = Product.start(environment, cwd, List.of("./vfio", "run", "--drivers", "drivers"));
        BufferedReader said = daemon.inputReader(StandardCharsets.UTF_8);
        String line = said.readLine();
        assertTrue(line != null && line.startsWith("ready: "), line);
    }

    private void program(String name) throws IOException {
        Files.setPosixFilePermissions(Files.writeString(bin.resolve(name), "#!/bin/sh\n"),
                PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void end() throws InterruptedException {
        daemon.destroy();
        daemon.waitFor();
    }

    @ParameterizedTest
    @EnumSource
    void worksAsItIsWritten(Output output) throws Exception {
        List<String> readme = readme();
        assertTrue(readme.size() >= 8, readme.toString());
        for (String line : readme) {
            run(line, output);
        }
        List<String> helped = help();
        assertTrue(helped.size() >= 30, helped.toString());
        for (String line : helped) {
            run(line, output);
        }
        assertEquals(0, daemon.waitFor(), "the last line has stopped it");
    }

    /** README may leave lines out, and adds or changes none. Names are the host's, from its pci.ids, and not compared. */
    @Test
    void printsWhatReadmeShows() throws Exception {
        List<List<String>> shown = shown();
        assertTrue(shown.size() >= 4, shown.toString());
        text(readme().stream().filter(line -> line.startsWith("cp ")).findFirst().orElseThrow());
        await().atMost(PATIENCE).until(() -> text("vfio drivers").contains("vfio.pci.generic"));
        for (List<String> block : shown) {
            List<String> printed = text(block.get(0)).lines().map(WrittenLinesIT::nameless).toList();
            List<String> lines = block.stream().skip(1).map(WrittenLinesIT::nameless).toList();
            assertEquals(lines, printed.stream().filter(lines::contains).toList(),
                    () -> "README shows of " + block.get(0) + "\n" + String.join("\n", printed));
        }
    }

    private static String nameless(String line) {
        return line.replaceFirst("^([0-9a-f:.]{12} .* \\d+ +)\\S.*", "$1");
    }

    /** Returns each command that stands behind "$" in README, and the lines that README shows of the command's output. */
    private static List<List<String>> shown() throws IOException {
        List<List<String>> blocks = new ArrayList<>();
        boolean open = false;
        for (String line : document()) {
            boolean command = line.startsWith("    $ ");
            open = command || open && line.startsWith("    ");
            if (command) {
                blocks.add(new ArrayList<>(List.of(line.substring(6))));
            } else if (open && !line.isBlank()) {
                blocks.get(blocks.size() - 1).add(line.substring(4));
            }
        }
        return blocks;
    }

    private static List<String> document() throws IOException {
        return Files.readAllLines(Path.of(Product.here().script()).resolveSibling("README.md"));
    }

    /** The lines of README's section that are typed beside a daemon. */
    private static List<String> readme() throws IOException {
        return document().stream()
                .filter(line -> line.matches("    (\\./vfio|cp) .*")).map(line -> line.replaceFirst(" +#.*", "").strip())
                .toList();
    }

    private List<String> help() throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        Matcher command = COMMAND.matcher(text("vfio --help"));
        while (command.find()) {
            lines.addAll(examples(text("vfio " + command.group(1) + " --help")));
        }
        lines.sort(Comparator.comparing(line -> LAST.indexOf(line.split(" ")[1])));
        return lines;
    }

    private String text(String line) throws IOException, InterruptedException {
        Result result = Product.run(environment, cwd, List.of("sh", "-c", line));
        assertEquals(0, result.code(), result::toString);
        return result.out();
    }

    /** What a help has below its last heading. */
    private static List<String> examples(String help) {
        String part = help.substring(Math.max(0, help.lastIndexOf("\nExample")));
        return part.replaceAll("\\\\\n *", "").lines().filter(line -> line.startsWith("  vfio ")).map(String::strip).toList();
    }

    private void run(String line, Output output) throws Exception {
        String here = line.replace("/tmp/", folder + "/" + output + "-");
        String shown;
        int code;
        if (line.contains("--follow")) {
            follow(here, output);
            return;
        }
        if (output == Output.PIPE) {
            Result result = Product.run(environment, cwd, List.of("sh", "-c", here));
            shown = result.toString();
            code = result.code();
        } else {
            try (PseudoTerminal terminal = new PseudoTerminal(environment, cwd, 100, here)) {
                code = terminal.exitCode();
                shown = terminal.shown();
            }
        }
        String said = line + "\n" + shown;
        assertFalse(shown.contains("internal error") || shown.contains("Exception"), said);
        boolean mended = line.replace("./", "").startsWith(DOCTOR) && code == 1;
        assertTrue(mended || code == OTHERWISE.getOrDefault(line, 0), code + ": " + said);
    }

    /** A line that goes on until it is interrupted, which is done once it has said something. */
    private void follow(String line, Output output) throws Exception {
        if (output == Output.TERMINAL) {
            try (PseudoTerminal terminal = new PseudoTerminal(environment, cwd, 100, line)) {
                terminal.await("emulated/"); // one of the last ten events
                terminal.interrupt();
                terminal.exitCode();
            }
            return;
        }
        Process process = Product.start(environment, cwd, List.of("sh", "-c", "exec " + line));
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            await().atMost(PATIENCE).until(() -> reader.readLine() != null);
        } finally {
            process.destroy();
        }
    }
}
