// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import itest.Product.Result;
import itest.drivers.Holder;
import itest.drivers.Sounds;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The daemon is killed within an update: the next one runs one build, and is not killed by it again. */
class KilledUpdateIT {
    private static final String NAME = "itest.sounddriver";
    private static Path first;
    private static Path second;
    private static Path strange;
    private static Path stopping;
    private static Path holder;

    @TempDir
    Path folder;
    private Path jar;
    private Process daemon;
    private int lives;

    @BeforeAll
    static void build() throws Exception {
        first = TestDrivers.buildAs(NAME, Sounds.First.class, "1.2.0");
        second = TestDrivers.buildAs(NAME, Sounds.Second.class, "2.2.0");
        strange = TestDrivers.buildAs(NAME, Sounds.Strange.class, "3.2.0");
        stopping = TestDrivers.buildAs(NAME, Sounds.Stopping.class, "5.2.0", "Bundle-Activator",
                Sounds.Stopping.class.getName());
        holder = TestDrivers.buildAs("itest.holder", Holder.class, "1.0.0");
    }

    @BeforeEach
    void firstBuild() throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        Path drivers = Files.createDirectory(folder.resolve("drivers"));
        Files.setPosixFilePermissions(drivers, PosixFilePermissions.fromString("rwx------"));
        jar = drivers.resolve("sound.jar");
        put(first);
        Files.copy(holder, folder.resolve("holder.jar"));
        Files.setPosixFilePermissions(folder.resolve("holder.jar"), PosixFilePermissions.fromString("rw-r--r--"));
    }

    @AfterEach
    void kill() throws InterruptedException {
        daemon.destroyForcibly().waitFor();
    }

    private void put(Path build) throws IOException {
        Path part = Files.copy(build, folder.resolve("part"), StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(part, jar, StandardCopyOption.ATOMIC_MOVE);
    }

    private Map<String, String> environment(String stops) {
        Map<String, String> environment = new HashMap<>(Map.of("PATH", System.getenv("PATH"), "JAVA_HOME",
                System.getProperty("java.home"), "VFIO_DIR", folder.resolve("run").toString(), "ITEST_HOLDER",
                folder.resolve("held-" + lives).toString(), "ITEST_SOUND_STOPPED", folder.resolve("stopped").toString()));
        if (stops != null) {
            environment.put("ITEST_SOUND_STOPS", stops);
        }
        return environment;
    }

    /** Starts a daemon, and waits until the program has the function open. */
    private void start(String stops, long soakSeconds) throws IOException {
        lives++;
        daemon = Product.start(environment(stops), folder, List.of(Product.here().script(), "run", "--drivers",
                jar.getParent().toString(), "--program", folder.resolve("holder.jar").toString(), "--policy",
                "0000:00:03.0=auto", "--set", "vfio.deploy:soakSeconds=" + soakSeconds));
        BufferedReader said = daemon.inputReader(StandardCharsets.UTF_8);
        String line = said.readLine();
        assertTrue(line != null && line.startsWith("ready: "), line);
        await().atMost(Duration.ofSeconds(30)).until(() -> Files.exists(folder.resolve("held-" + lives)));
    }

    private String journal() throws IOException {
        Path journal = folder.resolve("run/staging.updates");
        return Files.exists(journal) ? Files.readString(journal) : "";
    }

    private void awaitJournal(String part) {
        await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(10)).until(() -> journal().contains(part));
    }

    private Result vfio(String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(Product.here().script()));
        command.addAll(Arrays.asList(args));
        return Product.run(environment(null), folder, command);
    }

    private void killed() throws InterruptedException {
        daemon.destroyForcibly().waitFor();
    }

    /** The former build runs, from its copy, and the file that has the next one waits. */
    private void formerBuildRuns() throws Exception {
        start(null, 0);
        Result files = vfio("files");
        assertTrue(files.out().contains("held") && files.out().contains("an update was under way"), files::toString);
        Result drivers = vfio("drivers", "--json");
        assertTrue(drivers.out().contains(NAME + " 1.2.0"), drivers::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"start", "probe", "takeOver"})
    void killWhileTheNextBuildBegins(String step) throws Exception {
        start(step, 600);
        put(stopping);
        await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(5))
                .until(() -> Files.exists(folder.resolve("stopped")));
        killed();
        assertTrue(journal().contains("open/" + NAME + "=begun"), journal());
        formerBuildRuns();
        Result update = vfio("update", "sound");
        assertEquals(0, update.code(), update::toString);
        assertTrue(vfio("files").out().contains("active"));
        assertTrue(vfio("drivers", "--json").out().contains(NAME + " 5.2.0"));
    }

    @Test
    void killInTheSoak() throws Exception {
        start(null, 600);
        put(second);
        awaitJournal("=soaking");
        killed();
        formerBuildRuns();
        killed();
        formerBuildRuns(); // also after one more end
        assertEquals(0, vfio("update", "sound").code());
    }

    @Test
    void killOfAMixedUpdate() throws Exception {
        start(null, 600);
        put(strange);
        awaitJournal("=mixed");
        killed();
        formerBuildRuns();
    }

    @Test
    void endInTheSoakKeepsTheNextBuild() throws Exception {
        start(null, 600);
        put(second);
        awaitJournal("=soaking");
        assertEquals(0, vfio("stop").code());
        assertEquals(0, daemon.waitFor());
        assertTrue(journal().contains("done/"), journal());
        start(null, 0);
        Result drivers = vfio("drivers", "--json");
        assertTrue(drivers.out().contains(NAME + " 2.2.0"), drivers::toString);
    }

    @Test
    void killAfterTheUpdate() throws Exception {
        start(null, 0);
        put(second);
        awaitJournal("done/");
        killed();
        start(null, 0);
        Result drivers = vfio("drivers", "--json");
        assertTrue(drivers.out().contains(NAME + " 2.2.0"), drivers::toString);
        Result rollback = vfio("rollback", "sound");
        assertEquals(0, rollback.code(), rollback::toString);
        assertTrue(vfio("drivers", "--json").out().contains(NAME + " 1.2.0"));
    }
}
