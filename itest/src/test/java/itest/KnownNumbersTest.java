// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import vfio.core.SharedMemory;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.PciClass;
import vfio.pci.core.id.PciRegisters;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.id.ResourceFlags;

/** The numbers of PCI and VFIO stand in the tables of vfio.pci.core: no other main source file defines one again. */
class KnownNumbersTest {
    private static final List<Class<?>> TABLES = List.of(PciRegisters.class, PciClass.class,
            ResourceFlags.class, RegionIndex.class, IrqIndex.class);

    /** Names that copies of a number have had, beside the kernel's, and the number. */
    private static final Map<String, Set<Long>> OTHER_NAMES = Map.ofEntries(
            Map.entry("EXPRESS", Set.of(0x10L)),
            Map.entry("MSI", Set.of(0x05L)),
            Map.entry("MSIX", Set.of(0x11L)),
            Map.entry("PCI_X", Set.of(0x07L)),
            Map.entry("VPD", Set.of(0x03L)),
            Map.entry("SRIOV", Set.of(0x10L)),
            Map.entry("ADVANCED_FEATURES", Set.of(0x13L)),
            Map.entry("CAPABILITY_LIST", Set.of(0x10L)),
            Map.entry("BUS_MASTER", Set.of(4L)),
            Map.entry("INTX_DISABLE", Set.of(1L << 10)),
            Map.entry("FIRST_BAR", Set.of(0x10L)),
            Map.entry("CLASS_BITS", Set.of(0xffffffL)),
            Map.entry("BARS", Set.of(6L, 0x10L)),
            Map.entry("HEADER_SIZE", Set.of(0x40L)),
            Map.entry("CONVENTIONAL", Set.of(256L)),
            Map.entry("EXTENDED", Set.of(256L, 4096L)),
            Map.entry("MULTI_FUNCTION", Set.of(0x80L)),
            Map.entry("PAGE", Set.of(SharedMemory.PAGE)));

    /** Where a page, which is no number of PCI, is defined. */
    private static final Set<String> PAGES = Set.of("IovaRange.java", "SharedMemory.java");

    /** Stands on vfio.core alone, below the tables, and has its registers from registers.txt. */
    private static final Path DECODE = ReactorBundles.ROOT.resolve("vfio.pci.decode");

    /** In a class, or in an interface; the value is one literal, or a one that is shifted. */
    private static final Pattern CONSTANT = Pattern.compile(
            "^ {4,8}(?:(?:public|protected|private|static|final) )*(?:int|long|short|byte) ([A-Z][A-Z0-9_]*) ="
                    + " (?:(1L?) << )?(0x[0-9a-fA-F_]+|[0-9_]+)L?;", Pattern.MULTILINE);

    /** By name and number, what says so. */
    private static final Map<String, Map<Long, String>> KNOWN = known();

    @Test
    void noOtherMainFileDefinesOneAgain() throws IOException {
        Set<String> again = new TreeSet<>();
        for (Path source : sources()) {
            for (String constant : definedAgain(Files.readString(source))) {
                again.add(ReactorBundles.ROOT.relativize(source) + ": " + constant);
            }
        }
        assertEquals(Set.of(), again, "defined again; use the class of the table");
    }

    private static List<Path> sources() throws IOException {
        Set<String> tables = new TreeSet<>(PAGES);
        TABLES.forEach(table -> tables.add(table.getSimpleName() + ".java"));
        List<Path> sources = new ArrayList<>();
        for (Path folder : folders()) {
            try (Stream<Path> files = Files.walk(folder)) {
                files.filter(file -> file.toString().endsWith(".java") && !tables.contains(file.getFileName().toString()))
                        .forEach(sources::add);
            }
        }
        assertTrue(sources.size() > 500, "the sources of the tree, of which there are " + sources.size());
        return sources;
    }

    private static List<Path> folders() throws IOException {
        try (Stream<Path> folders = Files.find(ReactorBundles.ROOT, 5, (path, is) -> path.endsWith("src/main/java"))) {
            return folders.filter(folder -> !folder.startsWith(DECODE)).toList();
        }
    }

    /** Which constants of a source text have the name and the number of a row of the tables, and of which. */
    private static List<String> definedAgain(String source) {
        List<String> again = new ArrayList<>();
        CONSTANT.matcher(source).results().forEach(constant -> {
            String name = constant.group(1);
            String row = KNOWN.getOrDefault(name, Map.of()).get(number(constant));
            if (row != null) {
                again.add(name + " is " + row);
            }
        });
        return again;
    }

    private static long number(MatchResult constant) {
        long literal = Long.decode(constant.group(3).replace("_", ""));
        return constant.group(2) == null ? literal : 1L << literal;
    }

    private static Map<String, Map<Long, String>> known() {
        Map<String, Map<Long, String>> known = new TreeMap<>();
        OTHER_NAMES.forEach((name, numbers) -> numbers.forEach(
                number -> known.computeIfAbsent(name, any -> new TreeMap<>()).put(number, "a known copy")));
        for (Class<?> table : TABLES) {
            for (Field row : table.getFields()) {
                known.computeIfAbsent(row.getName(), any -> new TreeMap<>())
                        .put(number(row), table.getSimpleName() + "." + row.getName());
            }
        }
        return known;
    }

    private static long number(Field row) {
        try {
            return row.getLong(null);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void copiesAreFound() {
        assertEquals(List.of("COMMAND is PciRegisters.COMMAND", "CONFIG is RegionIndex.CONFIG", "REQ is IrqIndex.REQ",
                "STATUS_CAP_LIST is PciRegisters.STATUS_CAP_LIST", "MSI is a known copy", "PAGE is a known copy"),
                definedAgain("""
                        interface Copies {
                            int COMMAND = 4;
                            public static final int CONFIG = 7;
                            private static final int REQ = 0x04; // of VFIO
                            static final int STATUS_CAP_LIST = 1 << 4;
                            int MSI = 0x05;
                            long PAGE = 4_096L;
                        }
                        """));
    }

    @Test
    void otherNumbersOfTheSameNameAreNot() {
        assertEquals(List.of(), definedAgain("""
                final class EduRegisters {
                    private static final int STATUS = 0x20;
                    private static final int COMMAND = 64;
                    private static final int CONFIG = HEADER + 7;
                }
                """));
    }

    @Test
    void everyRowIsUsed() throws IOException {
        Set<String> unused = new TreeSet<>();
        for (Class<?> table : TABLES) {
            for (Field row : table.getFields()) {
                unused.add(table.getSimpleName() + "." + row.getName());
            }
        }
        Pattern use = Pattern.compile("\\b[A-Z]\\w+\\.[A-Z][A-Z0-9_]*\\b");
        for (Path source : sources()) {
            use.matcher(Files.readString(source)).results().forEach(found -> unused.remove(found.group()));
        }
        assertEquals(Set.of(), unused, "no main code uses these; take them out of the table");
    }
}
