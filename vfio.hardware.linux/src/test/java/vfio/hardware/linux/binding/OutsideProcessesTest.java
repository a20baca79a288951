// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.bus.SysfsTree;
import vfio.pci.core.id.PciAddress;

/** Writes by another process: what arrives, which errno comes back, and that a write that hangs ends for us. */
class OutsideProcessesTest {
    private static final PciAddress ADDRESS = PciAddress.parse("0000:01:00.0");

    @TempDir
    Path folder;
    private final OutsideProcesses outside = new OutsideProcesses(Duration.ofSeconds(30));

    private VfioException failed(Path file) {
        return assertThrows(VfioException.class, () -> outside.write(ADDRESS, file, "text"));
    }

    @Test
    void textArrivesWhole() {
        Path file = folder.resolve("attribute");
        SysfsTree.write(file, "");
        outside.write(ADDRESS, file, "vfio-pci");
        assertEquals("vfio-pci", SysfsTree.read(file));
        assertEquals(Optional.empty(), outside.waiting(ADDRESS));
    }

    @Test
    void errnoIsTheKernels() {
        assertEquals(Errno.ENOENT, failed(folder.resolve("missing")).errno());
        assertEquals(Errno.EISDIR, failed(folder).errno());
        assertEquals(Errno.ENOSPC, failed(Path.of("/dev/full")).errno());
        assertEquals("write 'text' to /dev/full: no space left", failed(Path.of("/dev/full")).sentence());
    }

    @Test
    void moduleThatIsNowhereIsRefused() {
        VfioException none = assertThrows(VfioException.class, () -> outside.load("vfio_no_such_module"));
        assertTrue(none.getMessage().contains("load module vfio_no_such_module"), none.getMessage());
    }

    @Test
    void writeGoesOnWhenItsCallerIsInterrupted() {
        Path file = folder.resolve("attribute");
        SysfsTree.write(file, "");
        Thread.currentThread().interrupt();
        try {
            outside.write(ADDRESS, file, "vfio-pci");
        } finally {
            assertTrue(Thread.interrupted(), "the caller hears of it afterwards");
        }
        assertEquals("vfio-pci", SysfsTree.read(file));
    }

    @Test
    void writeThatHangsIsLeftAlone() throws Exception {
        Path pipe = folder.resolve("pipe"); // opening it waits for a reader
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        OutsideProcesses impatient = new OutsideProcesses(Duration.ofMillis(200));
        VfioException hangs = assertThrows(VfioException.class, () -> impatient.write(ADDRESS, pipe, "text"));
        assertEquals(Errno.ETIMEDOUT, hangs.errno());
        assertTrue(Files.exists(pipe));
        assertEquals(Optional.empty(), impatient.waiting(ADDRESS), "it could be killed");
    }
}
