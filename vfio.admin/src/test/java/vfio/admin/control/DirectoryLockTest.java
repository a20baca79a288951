// SPDX-License-Identifier: Apache-2.0
package vfio.admin.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryLockTest {
    @TempDir
    Path folder;

    @Test
    void oneAtATimeHasIt() throws IOException {
        DirectoryLock first = DirectoryLock.open(folder);
        try (DirectoryLock second = DirectoryLock.open(folder)) {
            assertTrue(first.tryTake());
            assertFalse(second.tryTake());
            first.close();
            assertTrue(second.tryTake());
        }
    }

    @Test
    void theFileStays() throws IOException {
        DirectoryLock lock = DirectoryLock.open(folder);
        assertTrue(lock.tryTake());
        lock.close();
        assertTrue(Files.exists(folder.resolve("lock")));
    }

    @Test
    void aLinkInPlaceOfTheFileIsNotFollowed() throws IOException {
        Files.createSymbolicLink(folder.resolve("lock"), folder.resolve("elsewhere"));
        assertThrows(IOException.class, () -> DirectoryLock.open(folder));
        assertFalse(Files.exists(folder.resolve("elsewhere")));
    }

    /** Another process, for which only the kernel's lock counts. */
    static final class OtherProcess {
        private OtherProcess() {
        }

        public static void main(String[] args) throws IOException {
            try (DirectoryLock lock = DirectoryLock.open(Path.of(args[0]))) {
                System.out.println(lock.tryTake());
            }
        }
    }

    private String takenByAnotherProcess() throws IOException {
        Process other = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), OtherProcess.class.getName(), folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try {
            return other.inputReader().readLine();
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void aRefusalInTheHoldersProcessDoesNotGiveItToAnother() throws IOException {
        try (DirectoryLock held = DirectoryLock.open(folder)) {
            assertTrue(held.tryTake());
            try (DirectoryLock refused = DirectoryLock.open(folder)) {
                assertFalse(refused.tryTake());
            }
            assertEquals("false", takenByAnotherProcess());
        }
        assertEquals("true", takenByAnotherProcess());
    }
}
