// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import launcher.GuestDaemon;
import launcher.GuestDaemon.Said;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The unit that is shipped, under Debian's systemd: what it is told to keep over a stop, a crash and a driver's exit. */
@Tag("systemd")
class ServiceTest {
    private static final Path RUN = Path.of("/run/vfio");
    private static final Path STATE = Path.of("/var/lib/vfio");
    private static final String NVME = "1b36:0010";
    private static final String EDU = "1234:11e8";
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @BeforeAll
    static void install() throws IOException {
        Files.copy(Path.of("/opt/vfio/docs/vfio.service"), Path.of("/etc/systemd/system/vfio.service"));
        Guest.tool("systemctl", "daemon-reload");
    }

    @BeforeEach
    void start() throws IOException {
        Guest.tool("systemctl", "start", "vfio");
        awaitAnswer();
    }

    @AfterAll
    static void stop() throws IOException {
        Guest.tool("systemctl", "stop", "vfio");
        assertEquals("Result=success", property("Result"), "an orderly end is no failure");
    }

    private static Said say(String... words) {
        return GuestDaemon.say(RUN, words);
    }

    private static void awaitAnswer() {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).ignoreExceptions()
                .until(() -> say("status").status() == 0);
    }

    private static String property(String name) throws IOException {
        return Guest.tool("systemctl", "show", "vfio", "--property=" + name).trim();
    }

    private static Set<String> content(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
        }
    }

    private static String takenNvme() throws IOException {
        String nvme = Guest.function(NVME);
        await().atMost(PATIENCE).until(() -> Guest.driver(nvme).equals("nvme"));
        say("bind", nvme).ok();
        assertEquals("vfio-pci", Guest.driver(nvme));
        return nvme;
    }

    private static void assertGivenBack(String nvme) throws IOException {
        say("unbind", nvme).ok();
        assertEquals("nvme", Guest.driver(nvme));
        assertEquals("(null)", Files.readString(Guest.directory(nvme).resolve("driver_override")).trim());
    }

    @Test
    void whatWasTakenIsGivenBackAfterAStop() throws IOException {
        String nvme = takenNvme();
        assertEquals(Set.of("control.sock", "daemon.pid", "lock"), content(RUN));
        Guest.tool("systemctl", "stop", "vfio");
        assertFalse(Files.exists(RUN), "systemd removes it");
        assertTrue(Files.exists(STATE.resolve("taken").resolve(nvme)));
        assertEquals("vfio-pci", Guest.driver(nvme), "it is not given back behind its user's back");
        start();
        assertGivenBack(nvme);
    }

    @Test
    void whatWasTakenIsGivenBackAfterACrash() throws IOException {
        String nvme = takenNvme();
        String before = property("MainPID");
        Guest.tool("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "vfio");
        await().atMost(PATIENCE).until(() -> !Set.of(before, "MainPID=0").contains(property("MainPID")));
        awaitAnswer();
        assertGivenBack(nvme);
    }

    @Test
    void aDriverThatEndsTheProcessHasItStartedAgain() throws IOException {
        Path exit = Path.of("/run/guest-exit"); // asked for by the program's driver
        Path jar = GuestDaemon.built("realworld/guest-program/target", "realworld.guest-program");
        Files.createFile(exit);
        Files.copy(jar, STATE.resolve("drivers/.program.part"));
        Files.move(STATE.resolve("drivers/.program.part"), STATE.resolve("drivers/program.jar"));
        await().atMost(PATIENCE).until(() -> say("drivers").ok().contains("edu_program"));
        String before = property("MainPID");
        try {
            say("bind", Guest.function(EDU), "--driver", "edu_program");
        } catch (AssertionError e) {
            // the daemon has gone before it could answer
        }
        await().atMost(PATIENCE).until(() -> !Set.of(before, "MainPID=0").contains(property("MainPID")));
        Files.delete(exit);
        awaitAnswer();
        Files.delete(STATE.resolve("drivers/program.jar"));
        assertTrue(Guest.tool("journalctl", "-u", "vfio", "-o", "cat").contains("status=70"),
                "the code of an end from inside");
    }

    @Test
    void anOperatorsShellFindsIt() throws IOException {
        assertTrue(Guest.tool("env", "-i", "PATH=/usr/bin:/bin", "JDK_JAVA_OPTIONS=" + System.getenv("JDK_JAVA_OPTIONS"),
                "/opt/vfio/vfio", "list").contains(Guest.function(NVME)));
        Guest.tool("/opt/vfio/vfio", "doctor");
    }
}
