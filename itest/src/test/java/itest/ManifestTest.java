// SPDX-License-Identifier: Apache-2.0
package itest;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import aQute.bnd.header.OSGiHeader;
import itest.ReactorBundles.Built;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every bundle of the reactor has to keep, read from the jars as they are built. */
class ManifestTest {
    private static final Set<String> CORES = Set.of("vfio.core", "vfio.pci.core");

    /** Which of our bundles a bundle may import from: docs/architecture's table, downward only. */
    private static final Map<String, Set<String>> BELOW = Map.ofEntries(
            Map.entry("vfio.core", Set.of()),
            Map.entry("vfio.os", Set.of("vfio.core")),
            Map.entry("vfio.iommu", Set.of("vfio.core")),
            Map.entry("vfio.pci.core", Set.of("vfio.core", "vfio.iommu")),
            Map.entry("vfio.pci.decode", Set.of("vfio.core")),
            Map.entry("vfio.pci.generic", CORES),
            Map.entry("vfio.pci.mlx5", CORES),
            Map.entry("vfio.pci.igd", CORES),
            Map.entry("vfio.hardware.emulated", Set.of("vfio.core", "vfio.pci.core", "vfio.pci.decode")),
            Map.entry("vfio.testkit", Set.of("vfio.core", "vfio.pci.core", "vfio.hardware.emulated")),
            Map.entry("vfio.hardware.linux", Set.of("vfio.core", "vfio.pci.core", "vfio.os")),
            Map.entry("vfio.deploy", CORES),
            Map.entry("vfio.admin", Set.of("vfio.core")),
            Map.entry("vfio.shell",
                    Set.of("vfio.core", "vfio.pci.core", "vfio.pci.decode", "vfio.deploy", "vfio.hardware.linux",
                            "vfio.admin")),
            Map.entry("zdev-driver", CORES),
            Map.entry("nvlink-driver", CORES),
            Map.entry("nic-api", CORES),
            Map.entry("nic-model", Set.of("vfio.core", "vfio.pci.core", "vfio.hardware.emulated")),
            Map.entry("nic-pf-driver", CORES),
            Map.entry("nic-vf-driver", CORES),
            Map.entry("hanging-driver", CORES),
            Map.entry("counting-driver", CORES),
            Map.entry("storm", Set.of("vfio.core", "vfio.pci.core", "vfio.admin")));

    /** Which other packages a bundle may import, by prefix; org.osgi and the JDK's may be had by all. */
    private static final Map<String, List<String>> LIBRARIES = Map.of(
            "nic-pf-driver", List.of("examples.nic.api"),
            "nic-vf-driver", List.of("examples.nic.api"),
            "vfio.hardware.emulated", List.of("org.snakeyaml.engine."),
            "vfio.testkit", List.of("org.junit.jupiter.api", "org.opentest4j"),
            "vfio.admin", List.of("com.google.gson"),
            "vfio.shell", List.of("picocli", "com.google.gson", "org.apache.felix.service.command"),
            "storm", List.of("picocli"));

    /** The packages of other names that a bundle exports: a standard API that it implements, and that of an example. */
    private static final Map<String, Set<String>> OF_OTHER_NAMES = Map.of(
            "vfio.deploy", Set.of("org.osgi.service.repository"), "nic-api", Set.of("examples.nic.api"));

    private static final LocalDateTime OUTPUT_TIMESTAMP = LocalDateTime.of(2026, 1, 1, 0, 0);
    private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);
    private static final Pattern VENDOR =
            Pattern.compile("(?i)\\b(0x0*)?(8086|15b3|10de|1af4|1b36|1022|1002|144d|32902|5555|4318|6900)\\b");

    static List<Built> bundles() {
        return ReactorBundles.all().stream().filter(built -> !built.name().equals("launcher")).toList();
    }

    @Test
    void everyFoundationBundleIsBuilt() {
        Set<String> names = bundles().stream().map(Built::name).collect(toSet());
        Set<String> expected = new TreeSet<>(BELOW.keySet());
        expected.remove("hanging-driver");
        expected.removeAll(names);
        assertEquals(Set.of(), expected, "not built");
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void importsGoDownwardOnly(Built bundle) {
        Set<String> below = BELOW.get(bundle.name());
        assertTrue(below != null, bundle + " has no row in the table of imports; say what it may stand on");
        List<String> libraries = LIBRARIES.getOrDefault(bundle.name(), List.of());
        Set<String> wrong = new TreeSet<>();
        for (String name : imports(bundle)) {
            boolean allowed = name.startsWith("vfio.") ? below.contains(owner(name)) || owner(name).equals(bundle.name())
                    : platform(name) || libraries.stream().anyMatch(name::startsWith);
            if (!allowed) {
                wrong.add(name);
            }
        }
        assertEquals(Set.of(), wrong, bundle + " imports");
    }

    private static Set<String> imports(Built bundle) {
        String header = bundle.header("Import-Package");
        return header == null ? Set.of() : OSGiHeader.parseHeader(header).keySet();
    }

    private static boolean platform(String name) {
        return name.startsWith("org.osgi.") || name.startsWith("javax.") || name.startsWith("com.sun.")
                || name.startsWith("sun.");
    }

    /** The bundle that a package is named for: the longest that fits. */
    private static String owner(String name) {
        return BELOW.keySet().stream().filter(bundle -> (name + ".").startsWith(bundle + "."))
                .max(java.util.Comparator.comparingInt(String::length)).orElse(name);
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void onlyVfioOsHasNativeCode(Built bundle) throws IOException {
        Stream<String> held = entries(bundle).stream().map(ZipEntry::getName);
        Set<String> found = Stream.concat(held, imports(bundle).stream().map(name -> name.replace('.', '/') + "/"))
                .filter(name -> name.startsWith("jnr/") || name.startsWith("com/kenai/") || name.endsWith(".so"))
                .collect(toSet());
        assertTrue(bundle.name().equals("vfio.os") || found.isEmpty(), () -> bundle + " has " + found);
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void headersKeepTheHouseRules(Built bundle) {
        assertNull(bundle.header("Bundle-Activator"), bundle + " is made of components, not of an activator");
        assertNull(bundle.header("DynamicImport-Package"), bundle + " says what it imports");
        assertNull(bundle.header("Require-Bundle"), bundle + " imports packages, not bundles");
        assertEquals("Apache-2.0", bundle.header("Bundle-License"));
        assertEquals("2", bundle.header("Bundle-ManifestVersion"));
        assertFalse(bundle.header("Bundle-Description").isBlank());
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void exportsAreOwnPublicVersionedPackages(Built bundle) {
        String header = bundle.header("Export-Package");
        if (header == null) {
            return;
        }
        Set<String> others = OF_OTHER_NAMES.getOrDefault(bundle.name(), Set.of());
        OSGiHeader.parseHeader(header).forEach((name, attributes) -> {
            assertFalse(name.contains("internal"), bundle + " exports " + name);
            boolean own = (name + ".").startsWith(bundle.name() + ".");
            assertTrue(own || others.contains(name), bundle + " exports " + name);
            String version = attributes.getVersion();
            assertTrue(version.matches("\\d+(\\.\\d+){1,2}"), name + " has version " + version);
        });
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void jarsAreReproducible(Built bundle) throws IOException {
        for (String header : List.of("Bnd-LastModified", "Built-By", "Created-By", "Build-Jdk", "Tool", "Build-Timestamp")) {
            assertNull(bundle.header(header), bundle + " carries " + header);
        }
        for (ZipEntry entry : entries(bundle)) {
            assertEquals(OUTPUT_TIMESTAMP, entry.getTimeLocal(), bundle + ": time of " + entry);
        }
        List<String> places = List.of(ReactorBundles.ROOT.toString(), System.getProperty("user.home") + "/");
        try (JarFile jar = new JarFile(bundle.jar().toFile())) {
            for (ZipEntry entry : entries(bundle)) {
                String content = new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.ISO_8859_1);
                places.forEach(place -> assertFalse(content.contains(place), bundle + ": " + entry + " names " + place));
            }
        }
    }

    private static List<ZipEntry> entries(Built bundle) throws IOException {
        try (JarFile jar = new JarFile(bundle.jar().toFile())) {
            return jar.stream().map(ZipEntry.class::cast).toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"vfio.core", "vfio.pci.core"})
    void coresKnowNoVendor(String core) throws IOException {
        try (Stream<Path> files = Files.walk(ReactorBundles.ROOT.resolve(core).resolve("src/main/java"))) {
            List<Path> sources = files.filter(file -> file.toString().endsWith(".java")).toList();
            assertTrue(sources.size() > 5, "sources of " + core);
            for (Path source : sources) {
                String code = COMMENT.matcher(Files.readString(source)).replaceAll("");
                List<String> found = VENDOR.matcher(code).results().map(match -> match.group()).toList();
                assertEquals(List.of(), found, "vendor numbers in " + source);
            }
        }
    }
}
