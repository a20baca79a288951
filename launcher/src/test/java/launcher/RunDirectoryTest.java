// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
    @TempDir
    Path folder;

    private static String permissions(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void itIsMadePrivateWithItsParents() throws Exception {
        Path path = folder.resolve("a/b");
        try (RunDirectory directory = RunDirectory.take(path)) {
            assertEquals("rwx------", permissions(directory.path()));
            assertEquals(Optional.of(ProcessHandle.current().pid()), DaemonProcess.pid(path));
        }
        assertTrue(Files.notExists(path.resolve("daemon.pid")));
    }

    @Test
    void aSecondTakerIsToldThePidOfTheFirst() throws Exception {
        Path path = folder.resolve("run");
        try (RunDirectory first = RunDirectory.take(path)) {
            LaunchException e = assertThrows(LaunchException.class, () -> RunDirectory.take(path));
            assertEquals(3, e.exitCode());
            assertTrue(e.getMessage().contains("pid " + ProcessHandle.current().pid()), e.getMessage());
            assertEquals(Optional.of(ProcessHandle.current().pid()), DaemonProcess.pid(first.path()));
        }
        RunDirectory.take(path).close();
    }

    @Test
    void whatACrashedDaemonLeftIsNoHindrance() throws Exception {
        Path path = folder.resolve("run");
        RunDirectory.take(path).close();
        Files.writeString(path.resolve("daemon.pid"), "1\n");
        Files.writeString(path.resolve("control.sock"), "");
        try (RunDirectory directory = RunDirectory.take(path)) {
            assertTrue(Files.notExists(directory.path().resolve("control.sock")));
        }
    }

    @Test
    void aDirectoryOfOthersIsNotClosedForThem() throws Exception {
        Path shared = Files.createDirectory(folder.resolve("shared"));
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createFile(shared.resolve("file"));
        LaunchException e = assertThrows(LaunchException.class, () -> RunDirectory.take(shared));
        assertTrue(e.getMessage().contains("rwxr-xr-x"), e.getMessage());
        assertEquals("rwxr-xr-x", permissions(shared));
        Files.delete(shared.resolve("file"));
        RunDirectory.take(shared).close();
        assertEquals("rwx------", permissions(shared));
    }

    @Test
    void whatWasNeverARunDirectoryIsNotEmptied() throws Exception {
        Path home = Files.createDirectory(folder.resolve("home"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path kept = Files.createFile(Files.createDirectory(home.resolve("tmp")).resolve("letter"));
        LaunchException e = assertThrows(LaunchException.class, () -> RunDirectory.take(home));
        assertTrue(e.getMessage().contains("never a run directory"), e.getMessage());
        assertTrue(Files.exists(kept));
    }

    @Test
    void settingsMayBeThereBeforeTheFirstRun() throws Exception {
        Path path = Files.createDirectories(folder.resolve("run/config")).getParent();
        try (RunDirectory directory = RunDirectory.take(path)) {
            assertEquals("rwx------", permissions(directory.path()));
        }
        RunDirectory.take(path).close();
    }

    @Test
    void aFileIsNoDirectory() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(1, assertThrows(LaunchException.class, () -> RunDirectory.take(file)).exitCode());
    }

    @Test
    void aPathTooLongForASocketIsRefusedFirst() {
        Path path = folder.resolve("x".repeat(100));
        assertEquals(2, assertThrows(LaunchException.class, () -> RunDirectory.take(path)).exitCode());
        assertTrue(Files.notExists(path));
    }

    @Test
    void emptyingDoesNotFollowLinks() throws Exception {
        Path outside = Files.createDirectory(folder.resolve("outside"));
        Path kept = Files.createFile(outside.resolve("kept"));
        try (RunDirectory directory = RunDirectory.take(folder.resolve("run"))) {
            Path inside = directory.emptied("tmp");
            Files.createDirectories(inside.resolve("deep/er"));
            Files.createSymbolicLink(inside.resolve("deep/link"), outside);
            assertEquals(0, Files.list(directory.emptied("tmp")).count());
        }
        assertTrue(Files.exists(kept));
    }

    @Test
    void nonsenseInThePidFileIsNoPid() throws Exception {
        for (String text : new String[] {"", "\n", "abc", "12 13", "9".repeat(400)}) {
            Files.writeString(folder.resolve("daemon.pid"), text);
            assertEquals(Optional.empty(), DaemonProcess.pid(folder));
        }
    }
}
