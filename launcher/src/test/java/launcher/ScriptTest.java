// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.admin.ExitCode;
import vfio.core.thread.Deadline;

/** The top-level script, copied into a home of its own: nothing here may build the checkout. */
class ScriptTest {
    private static final Path CLASSES = Path.of("target/classes").toAbsolutePath();

    @TempDir
    Path folder;
    private Path home;
    private Path elsewhere;

    @BeforeEach
    void makeHome() throws IOException {
        home = Files.createDirectory(folder.resolve("my home"));
        elsewhere = Files.createDirectory(folder.resolve("else where"));
        Files.copy(Path.of("../vfio"), home.resolve("vfio"));
    }

    private void build() throws IOException, URISyntaxException {
        Files.createDirectories(home.resolve("launcher/target/bundles"));
        Files.createDirectories(home.resolve("target/drivers"));
        Files.createFile(home.resolve("launcher/target/bundles/vfio.shell-1.jar"));
        Files.createFile(home.resolve("target/drivers/vfio.pci.generic-1.jar"));
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, "9.8.7");
        Path jar = home.resolve("launcher/target/launcher-9.8.7.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            add(CLASSES, out);
            for (Class<?> type : List.of(ExitCode.class, Deadline.class)) { // of vfio.admin and vfio.core
                addAllBeside(type, out);
            }
        }
    }

    private static void addAllBeside(Class<?> type, JarOutputStream out) throws IOException, URISyntaxException {
        Path shared = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isDirectory(shared)) {
            add(shared, out);
        } else {
            try (FileSystem content = FileSystems.newFileSystem(shared)) {
                add(content.getPath("/"), out);
            }
        }
    }

    private static void add(Path folder, JarOutputStream out) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                String name = folder.relativize(file).toString();
                if (!name.startsWith("META-INF")) {
                    out.putNextEntry(new JarEntry(name));
                    Files.copy(file, out);
                }
            }
        }
    }

    private record Result(int code, String text) {
    }

    private Result run(Map<String, String> environment, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).directory(elsewhere.toFile()).redirectErrorStream(true);
        builder.environment().keySet().removeAll(List.of("VFIO_DIR", "VFIO_JAVA_OPTS", "JAVA_TOOL_OPTIONS"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), text);
    }

    private void program(Path file, String body) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void aLinkWithASpaceWorksFromAnywhere() throws Exception {
        build();
        Path link = Files.createSymbolicLink(elsewhere.resolve("the link"), Path.of("../my home/vfio"));
        Path second = Files.createSymbolicLink(folder.resolve("second"), link);
        for (Path script : List.of(home.resolve("vfio"), link, second)) {
            Result result = run(Map.of(), script.toString(), "--version");
            assertEquals(0, result.code(), result.text());
            assertTrue(result.text().startsWith("vfio 9.8.7, Java "), result.text());
        }
        assertTrue(run(Map.of("PATH", elsewhere + ":" + System.getenv("PATH")), "bash", "-c",
                "'the link' --version").text()
                .startsWith("vfio 9.8.7"));
    }

    @Test
    void stopWithoutADaemonSaysWhere() throws Exception {
        build();
        Result result = run(Map.of(), home.resolve("vfio").toString(), "stop");
        Path nearest = Files.isDirectory(Path.of("/run/vfio")) ? Path.of("/run/vfio") : home.resolve("run");
        assertEquals(new Result(3, "vfio: no daemon runs in " + nearest + "\n"), result);
        result = run(Map.of("VFIO_DIR", "some dir"), home.resolve("vfio").toString(), "stop");
        assertEquals(new Result(3, "vfio: no daemon runs in " + elsewhere.resolve("some dir") + "\n"), result);
    }

    @Test
    void aWrongLineIsUsage() throws Exception {
        build();
        assertEquals(2, run(Map.of(), home.resolve("vfio").toString(), "list", "--dir").code());
    }

    @Test
    void aMissingJavaIsSaid() throws Exception {
        Result result = run(Map.of("JAVA_HOME", "/none/such"), home.resolve("vfio").toString(), "list");
        assertEquals(1, result.code());
        assertTrue(result.text().contains("JAVA_HOME is /none/such") && result.text().contains("17 or newer"), result.text());
    }

    @Test
    void anOldJavaIsSaid() throws Exception {
        Path java = folder.resolve("old");
        program(java.resolve("bin/java"), "exit 9");
        Files.writeString(java.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"11.0.2\"\n");
        Result result = run(Map.of("JAVA_HOME", java.toString()), home.resolve("vfio").toString(), "list");
        assertEquals(1, result.code());
        assertTrue(result.text().contains("is version 11.0.2; version 17 or newer is needed"), result.text());
    }

    @Test
    void nothingBuiltAndNothingToBuildIsSaid() throws Exception {
        Result result = run(Map.of(), home.resolve("vfio").toString(), "list");
        assertEquals(1, result.code());
        assertTrue(result.text().contains("neither a built launcher nor a pom.xml"), result.text());
    }

    @Test
    void aFailedBuildShowsItsErrorsAndItsLog() throws Exception {
        Files.createFile(home.resolve("pom.xml"));
        program(folder.resolve("bin/mvn"),
                "echo '[INFO] Building vfio.core 0.1 [2/9]'; echo '[ERROR] no such thing'; exit 1");
        Result result = run(path(), home.resolve("vfio").toString(), "list");
        assertEquals(1, result.code());
        for (String part : List.of("[2/9]", "vfio.core", "no such thing", home.resolve("target/build.log").toString())) {
            assertTrue(result.text().contains(part), result.text());
        }
    }

    @Test
    void theFirstUseBuildsOnceAndGoesOn() throws Exception {
        build();
        Path kept = folder.resolve("kept");
        Files.move(home.resolve("launcher"), kept);
        Files.createFile(home.resolve("pom.xml"));
        program(folder.resolve("bin/mvn"), "printf '%s\\n' \"$*\" >>'" + folder.resolve("calls") + "'; cp -r '" + kept + "' '"
                + home.resolve("launcher") + "'");
        for (int i = 0; i < 2; i++) {
            Result result = run(path(), home.resolve("vfio").toString(), "--version");
            assertEquals(0, result.code(), result.text());
            assertTrue(result.text().contains("vfio 9.8.7"), result.text());
        }
        List<String> calls = new ArrayList<>(Files.readAllLines(folder.resolve("calls")));
        assertEquals(1, calls.size(), calls.toString());
        assertTrue(calls.get(0).contains("-pl launcher -am package"), calls.toString());
    }

    @Test
    void optionsOfOnesOwnArePartedAsInAShell() throws Exception {
        build();
        program(folder.resolve("jdk/bin/java"), "printf '<%s>' \"$@\"");
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"17.0.1\"\n");
        Map<String, String> environment = Map.of("JAVA_HOME", folder.resolve("jdk").toString(), "VFIO_JAVA_OPTS",
                "-Da=b\n  '-Dc=d e' -Df=\"g h\"", "JAVA_TOOL_OPTIONS", "-XX:+UseZGC");
        String text = run(environment, home.resolve("vfio").toString(), "list").text();
        assertTrue(text.contains("<-Da=b><-Dc=d e><-Df=g h>"), text);
        assertFalse(text.contains("UseSerialGC"), "two collectors: " + text);
        Result open = run(Map.of("VFIO_JAVA_OPTS", "-Da='b"), home.resolve("vfio").toString(), "list");
        assertEquals(new Result(2, "vfio: VFIO_JAVA_OPTS has a quote that does not end: -Da='b\n"), open);
    }

    @Test
    void settingsOfTheCallersShellAreNotTheScripts() throws Exception {
        build();
        Map<String, String> environment = Map.of("SHELLOPTS", "errexit:noclobber", "prompt", "/a/place/of/others",
                "VFIO_JAVA_OPTS", "-XshowSettings:properties");
        for (int i = 0; i < 2; i++) { // the first keeps classes
            Result result = run(environment, home.resolve("vfio").toString(), "--version");
            assertEquals(0, result.code(), result.text());
            assertFalse(result.text().contains("/a/place/of/others"), result.text());
        }
    }

    @Test
    void aPlaceThatJavaCannotNameIsSaid() throws Exception {
        home = Files.createDirectory(folder.resolve("a:b"));
        Files.copy(Path.of("../vfio"), home.resolve("vfio"));
        Result result = run(Map.of(), home.resolve("vfio").toString(), "list");
        assertEquals(2, result.code());
        assertTrue(result.text().contains("has a colon in its name"), result.text());
    }

    @Test
    void classesAreKeptAnewWhereTheProductWasMoved() throws Exception {
        build();
        run(Map.of(), home.resolve("vfio").toString(), "--version");
        Path moved = Files.move(home, folder.resolve("moved"));
        assertEquals(0, run(Map.of(), moved.resolve("vfio").toString(), "--version").code());
        try (Stream<Path> files = Files.list(moved.resolve("launcher/target"))) {
            Path kept = files.filter(file -> file.toString().endsWith(".jsa.home")).findFirst().orElseThrow();
            assertEquals(moved + "\0", Files.readString(kept));
        }
    }

    private Map<String, String> path() {
        return Map.of("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
    }
}
