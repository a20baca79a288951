// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A daemon's whole process, from its start to its exit code, over a bundle that stands for all of ours. */
class ForegroundTest {
    private static final long LIMIT_SECONDS = 120;

    @TempDir
    Path folder;
    private Home home;
    private Path directory;
    private Path said;
    private Process process;

    @BeforeEach
    void makeHome() throws IOException {
        home = new Home(folder.resolve("home"));
        directory = folder.resolve("run");
        said = folder.resolve("said");
        Files.createDirectories(home.drivers());
        Path bundles = Files.createDirectories(home.bundles());
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path jar = Path.of(entry);
            if (jar.getFileName().toString().matches("org\\.apache\\.felix\\.(scr|configadmin)-.*jar")) {
                Files.copy(jar, bundles.resolve(jar.getFileName()));
            }
        }
        EndingBundle.write(bundles.resolve("vfio.shell-1.jar"), "vfio.shell");
    }

    @AfterEach
    void end() {
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
    }

    private void start(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java",
                "-Dvfio.home=" + home.path(),
                "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", folder.resolve("first") + File.pathSeparator + System.getProperty("java.class.path"),
                "launcher.Main", "run", "--dir", directory.toString()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
        builder.environment().keySet().removeAll(List.of("VFIO_STATE", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
        process = builder.start();
    }

    private String said() {
        try {
            return Files.readString(said);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private void awaitReady() {
        await().atMost(Duration.ofSeconds(LIMIT_SECONDS)).until(() -> said().contains("ready: ") || !process.isAlive());
        assertTrue(process.isAlive(), this::said);
    }

    private int code() throws InterruptedException {
        assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), this::said);
        return process.exitValue();
    }

    private String log() throws IOException {
        return Files.readString(directory.resolve("daemon.log.0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit", "activator"})
    void anExitOfABundleIsNeverTakenForAnOrderlyEnd(String end) throws Exception {
        start("-Dtest.end=" + end);
        assertEquals(70, code(), this::said);
        assertTrue(said().contains("a bundle has ended the process: launcher.EndingBundle."), this::said);
        assertTrue(log().contains("called System.exit"), log());
    }

    @ParameterizedTest
    @ValueSource(strings = {"level", "framework"})
    void aProcessThatNobodyCouldTalkToEnds(String end) throws Exception {
        start("-Dtest.end=" + end);
        assertEquals(70, code(), this::said);
        String why = end.equals("level") ? "stopped from inside and not started again: "
                : "a bundle has stopped the framework";
        assertTrue(said().contains(why) && log().contains(why), this::said);
    }

    @Test
    void aBundleThatIsRestartedIsNoReasonToEnd() throws Exception {
        start("-Dtest.end=restart");
        awaitReady();
        process.destroy();
        assertEquals(0, code(), this::said);
    }

    @Test
    void aSignalEndsInOrder() throws Exception {
        start();
        awaitReady();
        process.destroy();
        assertEquals(0, code(), this::said);
        assertTrue(Files.notExists(directory.resolve("daemon.pid")));
        assertTrue(Files.notExists(directory.resolve("daemon.log.0.lck")));
    }

    @Test
    void aDriverThatHangsInItsStopIsLeftBehind() throws Exception {
        Path hanging = EndingBundle.write(folder.resolve("hanging.jar"), "acme.hanging");
        start("-Dtest.end=hang", "-Dtest.bundle=" + hanging.toUri());
        awaitReady();
        process.destroy();
        assertEquals(0, code(), this::said);
        assertTrue(log().contains("left behind, since it does not come back from its start or stop: acme.hanging"), log());
    }

    @Test
    void anErrorOfTheStartLeavesNoProcessBehind() throws Exception {
        Path broken = folder.resolve("first/launcher/OsgiLog.class");
        Files.createDirectories(broken.getParent());
        Files.writeString(broken, "no class, as of a damaged disk");
        start();
        assertEquals(1, code(), this::said);
        String sentence = "vfio: cannot start in " + directory + ": java.lang.ClassFormatError";
        assertTrue(said().lines().anyMatch(line -> line.startsWith(sentence)), this::said); // behind what newer Java warns of
        assertTrue(Files.notExists(directory.resolve("daemon.pid")));
    }

    @Test
    void whatIsInTheWayOfTheLogIsSaid() throws Exception {
        Directories.take(Settings.of(home, directory)).close();
        Path log = Files.createDirectory(directory.resolve("daemon.log.0"));
        start();
        assertEquals(1, code(), this::said);
        assertEquals("vfio: cannot log to " + log + ", which is no file; remove it\n", said());
    }
}
