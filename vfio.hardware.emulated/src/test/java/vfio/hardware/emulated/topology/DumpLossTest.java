// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.hardware.emulated.FunctionSpec;

/** Whatever became of a dump on its way, all of its functions are there, or the reader tells where one was lost. */
class DumpLossTest {
    private static final List<String> PLACES = List.of("00:00.0", "00:1c.0", "01:00.0", "01:00.1", "02:00.0", "03:1f.7");
    /** The same functions as lspci -P and -PP name them: 00:1c.0 leads to bus 01, 01:00.1 to 02 and 02:00.0 to 03. */
    private static final List<String> PATHS = List.of("00:00.0", "00:1c.0", "00:1c.0/00.0", "00:1c.0/00.1",
            "00:1c.0/00.1/00.0", "00:1c.0/00.1/00.0/1f.7");
    private static final List<String> PATHS_WITH_BUSES = List.of("00:00.0", "00:1c.0", "00:1c.0/01:00.0", "00:1c.0/01:00.1",
            "00:1c.0/01:00.1/02:00.0", "00:1c.0/01:00.1/02:00.0/03:1f.7");
    private static final String MARK = "\ufeff";

    /** One function as it is printed: its own line, text, rows. */
    private static List<String> printed(String head, int which) {
        List<String> lines = new ArrayList<>(List.of(head, "\tRegion 0: Memory at f7c00000 (32-bit) [size=16K]"));
        byte[] config = config(which);
        for (int i = 0; i < config.length; i += 16) {
            lines.add("%02x: %s".formatted(i, HexFormat.ofDelimiter(" ").formatHex(config, i, i + 16)));
        }
        lines.add("");
        return lines;
    }

    private static byte[] config(int which) {
        byte[] config = new byte[256];
        config[0] = (byte) (which + 1);
        int bus = List.of(0, 1, 0, 2, 3, 0).get(which);
        if (bus > 0) {
            config[0x0e] = 1;
            config[0x19] = (byte) bus;
            config[0x1a] = 3;
        }
        return config;
    }

    private static List<String> dump(List<String> places, String domain, String before, String name) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < places.size(); i++) {
            lines.addAll(printed(before + domain + places.get(i) + name, i));
        }
        return lines;
    }

    private static BusTopology read(String text) throws IOException, TopologyException {
        return read(text.getBytes(StandardCharsets.UTF_8));
    }

    private static BusTopology read(byte[] bytes) throws IOException, TopologyException {
        Path file = Files.createTempFile("dump", null);
        try {
            return BusTopology.read(Files.write(file, bytes));
        } finally {
            Files.delete(file);
        }
    }

    private static void assertWhole(BusTopology topology, String domain) {
        List<FunctionSpec> functions = topology.functions();
        assertEquals(PLACES.stream().map(place -> (domain.isEmpty() ? "0000:" : domain) + place).toList(),
                functions.stream().map(function -> function.address().toString()).toList());
        for (int i = 0; i < functions.size(); i++) {
            assertArrayEquals(config(i), functions.get(i).description().config().bytes());
        }
    }

    private static String error(String text) {
        return assertThrows(TopologyException.class, () -> read(text)).getMessage().replaceFirst("[^:]*:", "");
    }

    @Provide
    static Arbitrary<List<String>> forms() {
        Arbitrary<List<String>> places = Arbitraries.of(List.of(PLACES, PATHS, PATHS_WITH_BUSES));
        Arbitrary<String> names = Arbitraries.of("", " Ethernet controller: of no name", " \u00c5 \u2026 \u2028 (rev ff)");
        return Combinators.combine(places, Arbitraries.of("", "0000:"), Arbitraries.of("", "Slot:\t"), names)
                .as(DumpLossTest::dump);
    }

    @Provide
    static Arbitrary<List<String>> noise() {
        return Arbitraries.of("# a note", "\tKernel driver in use: e1000e", "```", "Capabilities: [40] Express", " ",
                "user@host:~$", MARK + "begin", "ab: notes", "\u00e9 \u0085 \u000b").list().ofMaxSize(4);
    }

    @Provide
    static Arbitrary<String> ends() {
        return Arbitraries.of("\n", "\r\n", "\r");
    }

    @Property(tries = 300)
    void anyFormIsReadWhole(@ForAll("forms") List<String> lines, @ForAll("ends") String end, @ForAll boolean mark)
            throws Exception {
        assertWhole(read((mark ? MARK : "") + String.join(end, lines) + end), "");
    }

    @Property(tries = 500)
    void noiseLosesNothingInSilence(@ForAll("forms") List<String> form, @ForAll("noise") List<String> noise,
            @ForAll("ends") String end, @ForAll int seed) throws Exception {
        List<String> lines = new ArrayList<>(form);
        for (String line : noise) {
            lines.add(Math.floorMod(seed * 31 + line.hashCode(), lines.size()), line);
        }
        try {
            assertWhole(read(String.join(end, lines)), "");
        } catch (TopologyException e) {
            assertTrue(e.getMessage().contains("'notes'"), "what looks like a row is told: " + e.getMessage());
        }
    }

    /** A line that is lost, moved or marked. */
    @Property(tries = 1000)
    void damageLosesNothingInSilence(@ForAll("forms") List<String> form, @ForAll int where,
            @ForAll("damage") UnaryOperator<String> damage) throws Exception {
        List<String> lines = new ArrayList<>(form);
        int at = Math.floorMod(where, lines.size());
        String damaged = damage.apply(lines.get(at));
        lines.remove(at);
        if (damaged != null) {
            lines.add(at, damaged);
        }
        try {
            assertWhole(read(String.join("\n", lines)), "");
        } catch (TopologyException e) {
            assertTrue(e.line() >= 1 && e.column() >= 1, e.getMessage());
        }
    }

    @Provide
    static Arbitrary<UnaryOperator<String>> damage() {
        return Arbitraries.of(line -> null, line -> "", line -> "> " + line, line -> "  " + line,
                line -> line.replace(':', ';'), line -> line.replace(" ", "\t"), line -> "\"" + line + "\"",
                line -> line.replace("0", "O"), line -> MARK + MARK + line, line -> line.toUpperCase(Locale.ROOT));
    }

    @Test
    void aByteOrderMarkHidesNoFunction() throws Exception {
        assertWhole(read(MARK + String.join("\n", dump(PLACES, "", "", " a"))), "");
    }

    @Test
    void aPathThroughBridgesIsAnAddress() throws Exception {
        assertWhole(read(String.join("\n", dump(PATHS_WITH_BUSES, "10000:", "", " a"))), "10000:");
        assertWhole(read(String.join("\n", dump(PATHS, "10000:", "", " a"))), "10000:");
    }

    @Test
    void aPathNeedsTheBridgeAboveIt() {
        String behind = String.join("\n", printed("00:1c.0/00.0", 2));
        String expected = "; expected an address, such as 0000:01:00.1";
        assertEquals("1:1: found a function behind 00:1c.0, which the dump does not have above it" + expected, error(behind));
        assertEquals("20:1: found a function behind 00:1c.0, whose bytes are of no bridge with a bus behind" + expected,
                error(String.join("\n", printed("00:1c.0", 2)) + "\n" + behind));
    }

    @Test
    void bytesWithoutAFunctionAreTold() {
        String row = "10: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n";
        String whole = String.join("\n", printed("00:1c.0", 2)) + "\n";
        String reason = "found bytes of no function; expected a line above them that begins with its address, "
                + "such as 01:00.1";
        assertEquals("20:1: " + reason, error(whole + row));
        assertEquals("20:3: " + reason, error(whole + "> " + row));
        assertEquals("1:1: " + reason, error(row));
        assertEquals("19:1: found a byte at 10h of 0000:00:1c.0 for the second time; expected each once, and a function's "
                + "address above its bytes", error(whole.stripTrailing() + "\n" + row));
    }

    @Test
    void aListWithoutBytesIsNoDump() {
        assertEquals("1:1: found 0 bytes of config space of 0000:00:1c.0; expected all 256 or 4096, as lspci -xxx or -xxxx "
                + "prints them to root", error("00:1c.0 PCI bridge: of no name\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32"})
    void otherEncodingsAreToldWithTheirPlace(String charset) {
        byte[] bytes = String.join("\n", dump(PLACES, "", "", " a")).getBytes(Charset.forName(charset));
        assertEquals(1, assertThrows(TopologyException.class, () -> read(bytes)).line());
    }
}
