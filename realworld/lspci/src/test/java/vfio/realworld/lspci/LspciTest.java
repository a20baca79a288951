// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.lspci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.snapshot.FunctionSnapshot;
import vfio.pci.decode.DecodedConfig;

/** Every function of every topology, as lspci decodes our exports and as our decoder does. */
class LspciTest {
    private static final Comparison COMPARISON = comparison();
    /** What lspci prints where it finds config space in disorder. */
    private static final List<String> WARNINGS = List.of("!!!", "<chain", "<access denied>", "<unreadable>", "<error");

    @TempDir
    private Path directory;

    private static Comparison comparison() {
        try {
            return new Comparison();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The hex dumps of real machines in pciutils' own tests. */
    static List<Path> dumps() throws IOException {
        String root = System.getProperty("vfio.corpora", "");
        Path folder = Path.of(root, "lspci");
        if (root.isEmpty() || !Files.isDirectory(folder)) {
            throw new IllegalStateException("no dumps in '" + folder + "': run realworld/corpora/make and give the folder "
                    + "it prints as -Dvfio.corpora=DIR");
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> dumps = files.sorted().toList();
            assertTrue(dumps.size() >= 30, "only " + dumps.size() + " dumps are in " + folder);
            return dumps;
        }
    }

    @ParameterizedTest
    @MethodSource("dumps")
    void dumpsOfRealMachinesAreTopologies(Path dump) throws Exception {
        List<FunctionSnapshot> functions = Bus.functions(dump.toString(), directory);
        Path export = dump(functions);
        Lspci lspci = new Lspci(directory);
        assertEquals(functionsOf(lspci.ofDump(dump)), functionsOf(lspci.ofDump(export)), "read and written again");
        compare(functions, export, false);
    }

    /** What lspci says, a text each function; in which order a dump has them is its own. */
    private static List<String> functionsOf(String text) {
        return Stream.of(text.split("\n\n")).map(String::strip).sorted().toList();
    }

    @Test
    void theBuiltInTopologyIsInOrder() throws Exception {
        List<FunctionSnapshot> functions = Bus.functions("", directory);
        compare(functions, dump(functions), true);
    }

    /** Those that docs/topology.md shows. */
    static List<String> examples() throws IOException {
        List<String> yaml = new ArrayList<>();
        String document = Files.readString(Path.of("../../docs/topology.md"));
        Matcher block = Pattern.compile("(?s)```yaml\n(.*?)```").matcher(document);
        while (block.find()) {
            yaml.add(block.group(1));
        }
        assertTrue(yaml.size() >= 2, "docs/topology.md has " + yaml.size() + " examples");
        return yaml;
    }

    @ParameterizedTest
    @MethodSource("examples")
    void examplesAreInOrder(String yaml) throws Exception {
        Path topology = Files.writeString(directory.resolve("example.yaml"), yaml);
        List<FunctionSnapshot> functions = Bus.functions(topology.toString(), directory);
        compare(functions, dump(functions), true);
    }

    @Test
    void everyCapabilityIsNamedAndInOrder() throws Exception {
        Path topology = directory.resolve("every-capability.yaml");
        try (InputStream in = LspciTest.class.getResourceAsStream("every-capability.yaml")) {
            Files.copy(in, topology);
        }
        List<FunctionSnapshot> functions = Bus.functions(topology.toString(), directory);
        compare(functions, dump(functions), true);
        for (int id = 0; id <= 0x14; id++) {
            assertTrue(has(functions, false, id), "standard " + id);
        }
        for (int id = 0; id <= 0x2e; id++) {
            assertTrue(has(functions, true, id), "extended " + id);
        }
    }

    private static boolean has(List<FunctionSnapshot> functions, boolean extended, int id) {
        return functions.stream().anyMatch(f -> DecodedConfig.of(f.config()).capability(extended, id).isPresent());
    }

    @Test
    void anyBitsMeanTheSame() throws Exception {
        Path dump = dump(new RandomDump(20_090_311).functions(400));
        compare(Bus.functions(dump.toString(), directory), dump, false);
    }

    private Path dump(List<FunctionSnapshot> functions) throws IOException {
        Path file = directory.resolve("dump");
        try (Writer out = Files.newBufferedWriter(file)) {
            for (FunctionSnapshot function : functions) {
                out.append(function.dump());
            }
        }
        return file;
    }

    /** @param orderly whether nothing in config space may make lspci complain */
    private void compare(List<FunctionSnapshot> functions, Path dump, boolean orderly) throws IOException {
        Path tree = directory.resolve("tree");
        FunctionSnapshot.writeTree(functions, tree);
        Lspci lspci = new Lspci(directory);
        String ofDump = lspci.ofDump(dump);
        String ofTree = lspci.ofTree(tree);
        compare(functions, ofDump, "dump", orderly);
        compare(functions, ofTree, "tree", orderly);
    }

    private static void compare(List<FunctionSnapshot> functions, String text, String way, boolean orderly) {
        Map<PciAddress, LspciFunction> theirs = LspciFunction.parse(text);
        assertEquals(functions.stream().map(FunctionSnapshot::address).toList(), List.copyOf(theirs.keySet()), way);
        int before = COMPARISON.differences().size();
        for (FunctionSnapshot function : functions) {
            COMPARISON.compare(way + " " + function.address(), theirs.get(function.address()),
                    DecodedConfig.of(function.config()), way.equals("tree"));
        }
        List<String> differences = COMPARISON.differences().subList(before, COMPARISON.differences().size());
        assertTrue(differences.isEmpty(), () -> differences.size() + " differences:\n"
                + String.join("\n", differences.stream().limit(50).toList()));
        if (orderly) {
            for (String warning : WARNINGS) {
                assertTrue(!text.contains(warning), () -> way + " has " + warning + ":\n" + text);
            }
        }
    }

    @AfterAll
    static void summary() {
        System.out.printf("lspci: %d functions, %d capabilities, %d fields compared, %d differences%n",
                COMPARISON.functions(), COMPARISON.capabilities(), COMPARISON.fields(), COMPARISON.differences().size());
        System.out.println("lspci: how many of each capability: " + COMPARISON.kinds());
        System.out.println("lspci: lines of capabilities compared by name and place alone: " + COMPARISON.uncompared());
    }
}
