// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunOptionsTest {
    private static final Home HOME = new Home(Path.of("/opt/vfio"));
    private final StringWriter printed = new StringWriter();

    private Settings parse(String... args) throws LaunchException {
        return new RunOptions.Parsed(Terminal.NONE)
                .settings(List.of(args), HOME, HOME.runDirectory(), null, false, new PrintWriter(printed));
    }

    @Test
    void defaults() throws LaunchException {
        assertEquals(Settings.of(HOME, Path.of("/opt/vfio/run")), parse());
    }

    @Test
    void everyOption(@TempDir Path folder) throws Exception {
        Path topology = Files.createFile(folder.resolve("t.yaml"));
        Settings settings = parse("--bus", "linux", "--bus=emulated", "--topology", topology.toString(), "--drivers", "/d",
                "--dir", "/r", "--state", "/s", "--policy", "0000:01:*=auto", "--policy", "*=pinned vfio-pci",
                "--set", "vfio.pci.core:rules=strict-rfc", "--set", "vfio.pci.driver~vfio-pci:ids=8086:100e,a=b:c", "--program", "/p", "--program=/q");
        assertEquals(new Settings(HOME, Set.of("emulated", "linux"), topology, Path.of("/d"), Path.of("/r"), Path.of("/s"),
                List.of("0000:01:*=auto", "*=pinned vfio-pci"),
                List.of(new Settings.Assignment("vfio.pci.core", "rules", "strict-rfc"),
                        new Settings.Assignment("vfio.pci.driver~vfio-pci", "ids", "8086:100e,a=b:c")),
                List.of(Path.of("/p"), Path.of("/q")), false, false),
                settings);
    }

    @Test
    void theStateDirectoryIsNamedElseTheVariablesElseTheRunDirectory() throws LaunchException {
        assertEquals(Path.of("/r"), parse("--dir=/r").state());
        Path variable = Path.of("/var/lib/x");
        assertEquals(variable,
                new RunOptions.Parsed(Terminal.NONE).settings(List.of("--dir=/r"), HOME, HOME.runDirectory(), variable, false,
                new PrintWriter(printed)).state());
        assertEquals(Path.of("/s"),
                new RunOptions.Parsed(Terminal.NONE).settings(List.of("--state=/s"), HOME, HOME.runDirectory(), variable,
                false, new PrintWriter(printed)).state());
    }

    @ParameterizedTest
    @CsvSource({"0, 100", "40, 55", "70, 70", "300, 100"})
    void helpIsAsWideAsTheTerminalAsFarAsItCanBeRead(int columns, int width) throws LaunchException {
        assertNull(new RunOptions.Parsed(new Terminal(columns, true, false)).settings(List.of("--help"), HOME,
                HOME.runDirectory(), null, false, new PrintWriter(printed)));
        int widest = printed.toString().lines().mapToInt(String::length).max().orElse(0);
        assertTrue(widest <= width && widest > width - 20, widest + " columns of " + width + ":\n" + printed);
    }

    @Test
    void helpIsPrintedAndNothingRuns() throws LaunchException {
        assertNull(parse("--help"));
        assertTrue(printed.toString().contains("--topology=FILE"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--bus=isa", "--bus", "--nonsense", "word", "--topology=/none/such", "--policy=auto",
        "--policy==auto", "--set=x", "--set=pid:key", "--set=pid=key:value", "--set=p/../d:k=v", "--set=:k=v", "--set=p:=v",
        "--set=p~:k=v", "--set=p~a~b:k=v", "--set=vfio.hardware.linux:sysfs=/x"})
    void wrongLinesAreUsage(String argument) {
        LaunchException e = assertThrows(LaunchException.class, () -> parse(argument));
        assertEquals(2, e.exitCode());
        assertTrue(e.getMessage().contains("./vfio run --help"), e.getMessage());
    }

    @Test
    void aTopologyWithoutTheEmulatedBusIsUsage() {
        assertEquals(2, assertThrows(LaunchException.class, () -> parse("--bus=linux", "--topology=/etc/hosts")).exitCode());
    }
}
