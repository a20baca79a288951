// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.LinuxHost;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.FunctionHandle;
import vfio.pci.core.user.Interrupt;

/** The examples as an operator runs them, and what they are made of. */
@Tag("debian")
class ExamplesTest {
    private static final String EDU = "0000:00:11.0";
    private static final String NVME = "1b36:0010";

    private static String run(String example, String function) throws IOException, InterruptedException {
        Path out = Files.createTempFile("out", "");
        ProcessBuilder builder = new ProcessBuilder(System.getProperty("guest.checkout") + "/examples/" + example + "/run",
                function).redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        int status = builder.start().waitFor();
        assertEquals(0, status, Files.readString(out));
        return Files.readString(out);
    }

    private static long files() {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void eduComputesAndCopies() throws Exception {
        Guest.give(EDU);
        try {
            String said = run("edu", EDU);
            assertTrue(said.contains("edu 1.0 at 0000:00:11.0 is alive"), said);
            assertTrue(said.contains("10! = 3628800"), said);
            assertTrue(said.contains(": the same"), said);
        } finally {
            Guest.takeBack(EDU);
        }
    }

    @Test
    void nvmeSaysWhatItIs() throws Exception {
        String nvme = Guest.function(NVME);
        VfioException used = assertThrows(VfioException.class, () -> LinuxHost.open(nvme));
        assertEquals(Errno.EBUSY, used.errno());
        assertTrue(used.getMessage().contains("the kernel's driver nvme has it"), used.getMessage());
        Guest.give(nvme);
        try {
            String said = run("nvme-identify", nvme);
            for (String line : List.of("model     QEMU NVMe Ctrl", "serial    vfio", "vendor    1b36", "namespaces 1",
                    "1: 131072 blocks of 512 bytes, 64 MiB")) {
                assertTrue(said.contains(line), said);
            }
        } finally {
            Guest.takeBack(nvme);
        }
        assertEquals("nvme", Guest.driver(nvme));
    }

    @Test
    void handleKeepsNothingOpen() throws Exception {
        Guest.give(EDU);
        try {
            LinuxHost.open(EDU).close(); // loads what stays: the library of calls
            long before = files();
            for (int i = 0; i < 2; i++) {
                useAndLeave();
            }
            Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertEquals(before, files()));
        } finally {
            Guest.takeBack(EDU);
        }
    }

    /** Without closing any part of it by itself. */
    private static void useAndLeave() throws InterruptedException {
        try (FunctionHandle edu = LinuxHost.open(EDU)) {
            assertTrue(edu.bar(0).mapped());
            assertEquals(0x11e81234, edu.config().read32(0));
            assertEquals(0, edu.config().read16(4) & 4, "bus mastering is off at first, also after a former user");
            DmaMemory memory = edu.dma(8192);
            memory.view().write64(0, 0x0123456789abcdefL);
            Interrupt done = edu.msi();
            edu.enableBusMaster();
            transfer(edu, memory.iova(), 0x40000, 0);
            assertEquals(1, done.await(Duration.ofSeconds(60)));
            edu.bar(0).write32(0x64, 0x100);
            transfer(edu, 0x40000, memory.iova() + 4096, 2);
            assertEquals(1, done.await(Duration.ofSeconds(60)));
            edu.bar(0).write32(0x64, 0x100);
            assertEquals(0x0123456789abcdefL, memory.view().read64(4096));
        }
    }

    private static void transfer(FunctionHandle edu, long from, long to, int direction) {
        edu.bar(0).write64(0x80, from);
        edu.bar(0).write64(0x88, to);
        edu.bar(0).write64(0x90, 8);
        edu.bar(0).write64(0x98, 5 | direction);
    }
}
