// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The daemon on a real kernel: the vfio command of this checkout, over functions that the kernel has given to VFIO. */
class DaemonTest {
    private static final String EDU = "1234:11e8";
    private static final Path DIRECTORY = Path.of("/run/vfio");
    private static Process daemon;

    /** What a command said. */
    private record Said(int status, String out, String err) {
    }

    private static ProcessBuilder vfio(List<String> words) {
        List<String> command = new ArrayList<>(List.of(System.getProperty("guest.checkout") + "/vfio"));
        command.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("VFIO_DIR", DIRECTORY.toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        // QEMU's emulation of several processors does not always see code that one of them changes under another.
        builder.environment().put("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1");
        return builder;
    }

    private static Said vfio(String... words) {
        try {
            Path out = Files.createTempFile("out", "");
            Path err = Files.createTempFile("err", "");
            int status = vfio(List.of(words)).redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
            return new Said(status, Files.readString(out), Files.readString(err));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeAll
    static void start() throws IOException {
        Guest.give(Guest.function(EDU));
        File log = new File("/run/results/daemon");
        daemon = vfio(List.of("run", "--bus=linux", "--drivers=/run/drivers")).redirectErrorStream(true).redirectOutput(log)
                .start();
        Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> !daemon.isAlive()
                || new String(Files.readAllBytes(log.toPath()), StandardCharsets.UTF_8).contains("ready:"));
        assertTrue(daemon.isAlive(), "the daemon ended");
    }

    @AfterAll
    static void stop() throws InterruptedException {
        assertEquals(0, vfio("stop").status);
        assertEquals(0, daemon.waitFor());
    }

    @Test
    void listIsSysfs() throws IOException {
        Map<String, String> listed = new TreeMap<>();
        vfio("list").out.lines().skip(1).map(line -> line.split(" +")).forEach(row -> listed.put(row[0], row[1]));
        assertEquals(Guest.functions(), listed);
    }

    @Test
    void functionThatTheKernelUsesIsRefused() throws IOException {
        String disk = Guest.function("1b36:0010");
        assertEquals("nvme", Guest.driver(disk));
        Said refused = vfio("bind", disk);
        assertEquals(5, refused.status, refused.err);
        assertTrue(refused.err.contains("driver nvme of its host has it; bind it to vfio-pci there first"), refused.err);
        assertEquals("nvme", Guest.driver(disk));
    }

    @Test
    void functionThatIsGivenIsBoundAndUsed() throws IOException {
        String edu = Guest.function(EDU);
        Said bound = vfio("bind", edu);
        assertEquals(0, bound.status, bound.err);
        assertTrue(vfio("list").out.lines().anyMatch(line -> line.startsWith(edu) && line.contains("vfio-pci")));
        assertTrue(vfio("regions", edu).out.contains("1 MiB  rw mmap"), "BAR 0 as the kernel has it");
        assertEquals("0x010000ed", vfio("read", edu, "bar0", "0").out.trim());
        assertTrue(vfio("config", edu).out.contains("Vendor 1234, Device 11e8"));
        Said unbound = vfio("unbind", edu);
        assertEquals(0, unbound.status, unbound.err);
        assertEquals("vfio-pci", Guest.driver(edu), "the kernel's binding is not ours to take");
    }
}
