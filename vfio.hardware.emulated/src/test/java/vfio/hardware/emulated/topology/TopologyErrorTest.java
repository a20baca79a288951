// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TopologyErrorTest {
    private static final String NIC = "vendor: 8086, device: 10d3, class: 020000";
    private static final String BRIDGE = "vendor: 8086, device: 2940, class: 060400";

    private static TopologyException error(String yaml) {
        return error(yaml.getBytes(StandardCharsets.UTF_8));
    }

    private static TopologyException error(byte[] bytes) {
        return assertThrows(TopologyException.class, () -> new TopologyReader("t.yaml").read(bytes));
    }

    /** An item in line 2, whose brace is in column 5. */
    private static String one(String item) {
        return "functions:\n  - {" + item + "}\n";
    }

    static Stream<Arguments> mistakesOfForm() {
        String at = "address: 00:04.0, ";
        return Stream.of(
                Arguments.of("", "1:1: found an empty file"),
                Arguments.of("[]", "1:1: found a list; expected a mapping with 'functions'"),
                Arguments.of("{}", "1:1: found no 'functions'"),
                Arguments.of("functions: 7", "1:12: found '7'; expected a list of functions"),
                Arguments.of("functions:\n", "1:11: found nothing; expected a list"),
                Arguments.of("function: []", "1:1: found unknown key 'function'; expected one of functions"),
                Arguments.of("functions: []\n---\nx: 1", "2:1: found a second document"),
                Arguments.of("functions: [\n", "found no YAML"),
                Arguments.of("functions:\n\t- 1", "2:1: found no YAML"),
                Arguments.of("functions: [[]]", "1:13: found a list; expected a function"),
                Arguments.of(one("[a]: 1"), "2:6: found a list as a key"),
                Arguments.of(one(at + NIC + ", vendr: 8086"), "found unknown key 'vendr'; expected one of address, behind"),
                Arguments.of(one(at + NIC + ", vendor: 8086"), "found the key 'vendor' a second time"),
                Arguments.of(one(NIC), "2:5: found no 'address'"),
                Arguments.of(one(at + "device: 1, class: 2"), "2:5: found no 'vendor'; expected 'vendor: 4 hex digits'"),
                Arguments.of(one("address: 00:20.0, " + NIC),
                        "2:15: found '00:20.0'; expected [domain:]bus:device.function"),
                Arguments.of(one("address: {}, " + NIC), "2:15: found a mapping; expected [domain:]"));
    }

    static Stream<Arguments> mistakesInNumbers() {
        String at = "address: 00:04.0, ";
        return Stream.of(
                Arguments.of(one(at + "vendor: 18086, device: 1, class: 2"),
                        "found '18086'; expected a hex number of at most 4"),
                Arguments.of(one(at + "vendor: ffff, device: 1, class: 2"), "found ffff; expected a vendor"),
                Arguments.of(one(at + "vendor: -1, device: 1, class: 2"), "found '-1'; expected a hex number"),
                Arguments.of(one(at + "vendor: [], device: 1, class: 2"), "found a list; expected a hex number"),
                Arguments.of(one(at + NIC + ", revision: 100"), "found '100'; expected a hex number of at most 2 digits"),
                Arguments.of(one(at + NIC + ", pin: 5"), "found '5'; expected a number from 0 to 4"),
                Arguments.of(one(at + NIC + ", numa: 99999999999999999999"), "expected a number from 0 to 1023"),
                Arguments.of(one(at + NIC + ", group: 1048576"), "found '1048576'; expected a number from 0 to 1048575"),
                Arguments.of(one(at + NIC + ", repeat: 0"), "found '0'; expected a number from 1 to 100000"),
                Arguments.of(one(at + NIC + ", repeat: 100001"), "found '100001'; expected a number from 1 to 100000"));
    }

    static Stream<Arguments> mistakesInBars() {
        String at = "address: 00:04.0, ";
        return Stream.of(
                Arguments.of(one(at + NIC + ", bars: [1M]"), "found a list; expected a mapping of BAR numbers"),
                Arguments.of(one(at + NIC + ", bars: {6: 1M}"), "found unknown key '6'"),
                Arguments.of(one(at + NIC + ", bars: {0: 3M}"), "found a BAR of '3M'; expected a power of two, at most 1T"),
                Arguments.of(one(at + NIC + ", bars: {0: 2T mem64}"), "found a BAR of '2T mem64'; expected a power of two"),
                Arguments.of(one(at + NIC + ", bars: {0: 4294967296T mem64}"), "found a BAR of"),
                Arguments.of(one(at + NIC + ", bars: {0: 4G}"),
                        "found BAR 0 of 4294967296 bytes; expected a power of two from"),
                Arguments.of(one(at + NIC + ", bars: {0: 8}"), "found BAR 0 of 8 bytes"),
                Arguments.of(one(at + NIC + ", bars: {0: 512 io}"), "found BAR 0 of 512 bytes"),
                Arguments.of(one(at + NIC + ", bars: {0: 1M mem46}"), "found '1M mem46'; expected SIZE"),
                Arguments.of(one(at + NIC + ", bars: {0: 1M mem64, 1: 1M}"), "found BAR 1 overlaps another"),
                Arguments.of(one(at + NIC + ", bars: {5: 1M mem64}"), "found BAR 5 (two registers) does not fit"));
    }

    static Stream<Arguments> mistakesInCapabilities() {
        String at = "address: 00:04.0, ";
        return Stream.of(
                Arguments.of(one(at + NIC + ", capabilities: pm"), "found 'pm'; expected a list of capabilities"),
                Arguments.of(one(at + NIC + ", capabilities: [px]"), "found 'px'; expected one of acs, dpa"),
                Arguments.of(one(at + NIC + ", capabilities: [pm, pm]"), "found the capability 'pm' a second time"),
                Arguments.of(one(at + NIC + ", capabilities: [{af: {}}]"), "found settings of 'af'"),
                Arguments.of(one(at + NIC + ", capabilities: [msix]"), "found 'msix' without settings"),
                Arguments.of(one(at + NIC + ", capabilities: [dsn]"), "found 'dsn' without a value"),
                Arguments.of(one(at + NIC + ", capabilities: [{msi: {vectors: 3}}]"), "found MSI with 3 vectors"),
                Arguments.of(one(at + NIC + ", capabilities: [{msix: {vectors: 5}}]"),
                        "expected a memory BAR that holds it"),
                Arguments.of(one(at + NIC + ", capabilities: [{pcie: {atomics: 32 16}}]"), "found '32 16'; expected words"),
                Arguments.of(one(at + NIC + ", capabilities: [{pcie: {atomics: 32 32}}]"), "found '32 32'; expected words"),
                Arguments.of(one(at + NIC + ", capabilities: [{pcie: {version: 1, atomics: 32}}]"),
                        "found '32'; expected words of 32, 64, 128 and route, and version 2"),
                Arguments.of(one(at + NIC + ", capabilities: [{pcie: port}]"), "found 'port'; expected one of downstream"),
                Arguments.of(one(at + NIC + ", capabilities: [{raw: {id: 9, bytes: 123}}]"),
                        "found '123'; expected at most 190"),
                Arguments.of(one(at + NIC + ", capabilities: [acs]"), "2:5: found no room for the extended capability d"),
                Arguments.of(one(at + NIC + ", sriov: {total: 4}"), "found no 'device'"),
                Arguments.of(one(at + NIC + ", sriov: {total: 0, device: 1}"),
                        "found '0'; expected a number from 1 to 65535"),
                Arguments.of(one(at + NIC + ", sriov: {total: 4, enabled: 5, device: 1}, capabilities: [pcie]"),
                        "found '5'; expected a number from 0 to 4"),
                Arguments.of(one(at + NIC + ", sriov: {total: 4, device: 1, bars: {0: 64}}"),
                        "found BAR 0 of the VFs must be"),
                Arguments.of(one(at + NIC + ", sriov: {total: 4, device: 1, capabilities: [{vpd: x}]}"),
                        "found VPD of a VF"),
                Arguments.of(one(at + NIC + ", behind: 00:01.0"), "found 0000:00:01.0, which is no bridge of this file"),
                Arguments.of(one("address: ffffffff:ff:1f.6, " + NIC + ", repeat: 3"), "beyond the last domain"),
                Arguments.of(one("address: ff:1f.0, " + NIC
                        + ", capabilities: [pcie], sriov: {total: 9, enabled: 9, device: 1}"),
                                "found VF 7 of 0000:ff:1f.0"));
    }

    static Stream<Arguments> mistakesInBehaviour() {
        String at = "address: 00:04.0, " + NIC;
        return Stream.of(
                Arguments.of(one(at + ", model: Edu"), "found 'Edu'; expected a name"),
                Arguments.of(one(at + ", model: [edu]"), "found a list; expected a name"),
                Arguments.of(one(at + ", rom: 3K"), "found a ROM of 3072 bytes; expected"),
                Arguments.of(one(at + ", rom: 1K"), "found a ROM of 1024 bytes"),
                Arguments.of(one(at + ", rom: {shadow: true, size: 4K}"), "found a shadow ROM with a size"),
                Arguments.of(one(at + ", rom: {shadow: true, image: 256K}"), "found '256K'; expected SIZE[K|M]"),
                Arguments.of(one(at + ", rom: {shadow: true, image: 0}"), "found a shadow ROM of 0 bytes"),
                Arguments.of(one(at + ", rom: 32M"), "found '32M'; expected SIZE[K|M]"),
                Arguments.of(one(at + ", rom: 4K B"), "found '4K B'"),
                Arguments.of(one(at + ", rom: {image: 512}"), "found no 'size'"),
                Arguments.of(one(at + ", rom: {size: 4K, image: 100}"), "found a ROM image of 100 bytes"),
                Arguments.of(one(at + ", rom: {size: 4K, image: 8K}"), "found '8K'; expected SIZE[K|M] of at most 4096"),
                Arguments.of(one(at + ", rom: {size: 4K, file: no-such.rom}"), "found 'no-such.rom', which cannot be read"),
                Arguments.of(one(at + ", rom: {size: 4K, file: ..}"), "found '..', which cannot be read"),
                Arguments.of(one(at + ", vga: true"), "found VGA addresses of a function of class 020000"),
                Arguments.of(one(at + ", vga: yes"), "found 'yes'; expected true or false"),
                Arguments.of(one(at + ", interrupts: 4"), "found '4'; expected {vectors"),
                Arguments.of(one(at + ", interrupts: {vectors: 2049}"), "found '2049'; expected a number from 0 to 2048"),
                Arguments.of(one(at + ", interrupts: {intx: broken}"), "found 'broken'; expected one of works, unusable"),
                Arguments.of(one(at + ", reset: {flr: maybe}"), "found 'maybe'; expected one of works, absent, fails"),
                Arguments.of(one(at + ", reset: {cxl: works}"), "found unknown key 'cxl'; expected one of device, acpi, flr"),
                Arguments.of(one(at + ", sriov: {total: 1, device: 1, rom: 4K}"), "found unknown key 'rom'"));
    }

    @ParameterizedTest
    @MethodSource({"mistakesOfForm", "mistakesInNumbers", "mistakesInBars", "mistakesInCapabilities",
        "mistakesInBehaviour"})
    void aMistakeIsToldWithItsPlaceAndWhatWasExpected(String yaml, String expected) {
        TopologyException e = error(yaml);
        assertTrue(e.getMessage().startsWith("t.yaml:" + e.line() + ":" + e.column() + ": found "), e.getMessage());
        assertTrue(e.getMessage().contains(expected), e.getMessage());
        assertTrue(e.getMessage().contains("; expected "), e.getMessage());
    }

    private static String bridge(String address, String secondary, String more) {
        return "  - {address: \"" + address + "\", " + BRIDGE + ", bridge: {secondary: " + secondary + more + "}}\n";
    }

    @Test
    void placesAndBusesAreUsedOnce() {
        String two = "functions:\n  - {address: 00:04.0, " + NIC + "}\n  - {address: 00:03.7, " + NIC + ", repeat: 2}\n";
        assertEquals("t.yaml:3:15: found a function at 0000:00:04.0, where there is one already; expected a free place",
                error(two).getMessage());
        String vf = "functions:\n  - {address: 01:00.0, " + NIC + ", capabilities: [pcie],\n     sriov: "
                + "{total: 2, enabled: 2, device: 1, offset: 3}}\n  - {address: 01:00.4, " + NIC + "}\n";
        assertTrue(error(vf).getMessage().startsWith("t.yaml:3:13: found a VF at 0000:01:00.4, where"),
                error(vf).getMessage());
        String loop = "functions:\n" + bridge("00:01.0", "2", "") + bridge("02:00.0", "1", "");
        assertTrue(error(loop).getMessage().contains("others make a loop"), error(loop).getMessage());
        String self = "functions:\n" + bridge("02:01.0", "2", "");
        assertTrue(error(self).getMessage().contains("a bridge on bus 02 that leads to bus 02"), error(self).getMessage());
        String same = "functions:\n" + bridge("00:01.0", "2", "") + bridge("00:02.0", "2", "");
        assertTrue(error(same).getMessage().contains("bus 02 behind 0000:00:01.0 and 0000:00:02.0"),
                error(same).getMessage());
        String meet = "functions:\n" + bridge("00:01.0", "1", ", subordinate: 5") + bridge("00:02.0", "4", "");
        assertTrue(error(meet).getMessage().contains("buses 04 to 04, which meet those of 0000:00:01.0, 01 to 05"),
                error(meet).getMessage());
        String narrow = "functions:\n" + bridge("00:01.0", "1", ", subordinate: 1") + bridge("01:00.0", "2", "");
        assertTrue(error(narrow).getMessage().contains("buses up to 02 behind 0000:00:01.0, which passes on 01 to 01"));
        String down = "functions:\n" + bridge("00:01.0", "3", ", subordinate: 2");
        assertTrue(error(down).getMessage().contains("subordinate 02"), error(down).getMessage());
        String far = "functions:\n" + bridge("00:01.0", "1", "") + "  - {address: 00.0, behind: 00:01.0, " + NIC
                + ", repeat: 257}\n";
        assertTrue(error(far).getMessage().contains("at most 256 from 0000:01:00.0 on"), error(far).getMessage());
    }

    @Test
    void tooManyFunctionsAreRefusedBeforeTheyAreMade() {
        String many = "functions:\n  - {address: 00:00.0, " + NIC + ", repeat: 60000}\n  - {address: 1:00:00.0, " + NIC
                + ", repeat: 60000}\n";
        assertTrue(error(many.replace("1:00:00.0", "0001:00:00.0")).getMessage().contains("more than 100000 functions"));
    }

    @Test
    void theLastAddressOfAllIsAPlace() throws Exception {
        for (String last : List.of("address: ffffffff:ff:1f.7, ", "repeat: 2, address: ffffffff:ff:1f.6, ")) {
            var functions = new TopologyReader("f").read(one(last + NIC).getBytes(StandardCharsets.UTF_8));
            assertEquals("ffffffff:ff:1f.7", functions.get(functions.size() - 1).address().toString());
        }
    }

    /** A parser that reads by pieces must not part the two halves of a letter. */
    @Test
    void lettersBeyondTheBasicPlaneMayStandAnywhere() throws Exception {
        for (int before = 0; before < 64; before++) {
            String yaml = "functions: []\n# " + "x".repeat(before) + "\ud83d\ude00".repeat(2_000) + "\n";
            assertTrue(new TopologyReader("f").read(yaml.getBytes(StandardCharsets.UTF_8)).isEmpty());
        }
    }

    @Test
    void hostileYamlIsBounded() {
        assertTrue(error("[".repeat(1_000_000)).getMessage().contains("more than 16 levels"));
        assertTrue(error("{a: ".repeat(200_000)).getMessage().contains("more than 16 levels"));
        assertTrue(error("- ".repeat(100_000)).getMessage().contains("more than 16 levels"));
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 30; i++) {
            bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        assertTrue(error(bomb.toString()).getMessage().contains("unknown key 'a0'"), error(bomb.toString()).getMessage());
        assertTrue(error("functions: &f [*f, *f]").getMessage().contains("found a list; expected a function"));
        String aliases = "functions:\n  - &n {address: 00:01.0, " + NIC + "}\n" + "  - *n\n".repeat(50_000);
        assertTrue(error(aliases).getMessage().contains("where there is one already"));
        assertTrue(error(" ".repeat(YamlText.LARGEST + 1)).getMessage().contains("more than 4194304 bytes"));
    }

    @Test
    void textOfTheFileCannotDriveATerminal() {
        String message = error("functions:\n  - \"\\e[2J\\u202e\\r" + "x".repeat(500) + "\"\n").getMessage();
        assertFalse(message.chars().anyMatch(Character::isISOControl), message);
        assertFalse(message.contains("\u202e"));
        assertTrue(message.length() < 300);
        assertTrue(error("functions:\n  \u0007").getMessage().contains("2:3: found character U+0007"));
        byte[] latin = "functions: []\n# caf\u00e9".getBytes(StandardCharsets.ISO_8859_1);
        assertTrue(error(latin).getMessage().contains("2:6: found byte e9; expected UTF-8"), error(latin).getMessage());
    }

    @Test
    void aFileThatIsNotThereIsNamed(@TempDir Path directory) throws Exception {
        Path missing = directory.resolve("none.yaml");
        String message = assertThrows(TopologyException.class, () -> BusTopology.read(missing)).getMessage();
        assertTrue(message.contains(missing + ":1:1: found no readable file"), message);
        assertThrows(TopologyException.class, () -> BusTopology.read(directory));
        Path endless = Path.of("/dev/zero");
        assertTrue(Files.notExists(endless) || assertThrows(TopologyException.class, () -> BusTopology.read(endless))
                .getMessage().contains("bytes"));
    }
}
