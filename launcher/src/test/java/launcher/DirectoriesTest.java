// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.admin.control.RunDirectory;

class DirectoriesTest {
    private static final int SOMEBODY = 54321;

    @TempDir
    Path folder;

    private Directories take(Path path) throws LaunchException, InterruptedException {
        return take(path, path);
    }

    private Directories take(Path path, Path state) throws LaunchException, InterruptedException {
        return Directories.take(new Settings(new Home(folder), Set.of("emulated"), null, folder.resolve("s/drivers"), path,
                state,
                List.of(), List.of(), List.of(), false, false));
    }

    private LaunchException refused(Path path, Path state) {
        return assertThrows(LaunchException.class, () -> take(path, state));
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private Path folder(String name, String mode) throws IOException {
        Path path = Files.createDirectories(folder.resolve(name));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        return path;
    }

    private static void give(Path path) throws IOException {
        Assumptions.assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
                "only root can give files away");
        Files.setAttribute(path, "unix:uid", SOMEBODY, LinkOption.NOFOLLOW_LINKS);
    }

    private static Set<String> content(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return new TreeSet<>(all.filter(file -> !file.equals(folder)).map(file -> folder.relativize(file).toString())
                    .toList());
        }
    }

    @Test
    void itIsMadePrivateWithItsParents() throws Exception {
        Path path = folder.resolve("a/b");
        try (Directories directory = take(path)) {
            assertEquals("rwx------", permissions(directory.path()));
            assertEquals(Optional.of(ProcessHandle.current().pid()), new RunDirectory(path).pid());
        }
        assertTrue(Files.notExists(path.resolve("daemon.pid")));
    }

    @Test
    void aSecondTakerIsToldThePidOfTheFirst() throws Exception {
        Path path = folder.resolve("run");
        try (Directories first = take(path)) {
            LaunchException e = refused(path, path);
            assertEquals(3, e.exitCode());
            assertTrue(e.getMessage().contains("pid " + ProcessHandle.current().pid()), e.getMessage());
            assertEquals(Optional.of(ProcessHandle.current().pid()), new RunDirectory(first.path()).pid());
        }
        take(path).close();
    }

    @Test
    void twoDaemonsDoNotShareAStateDirectory() throws Exception {
        Path state = folder.resolve("s");
        try (Directories first = take(folder.resolve("one"), state)) {
            LaunchException e = refused(folder.resolve("two"), state);
            assertEquals(3, e.exitCode());
            assertEquals("a daemon keeps its state in " + first.state()
                    + " already; end it with ./vfio stop, or name another "
                    + "directory with --state", e.getMessage());
        }
        take(folder.resolve("two"), state).close();
    }

    @Test
    void onlySocketLockAndPidAreInTheRunDirectory() throws Exception {
        try (Directories directory = take(folder.resolve("run"), folder.resolve("state"))) {
            assertEquals(Set.of("lock", "daemon.pid"), content(directory.path()));
            directory.emptied("tmp");
            assertEquals(Set.of("lock", "tmp"), content(directory.state()));
            assertEquals("rwx------", permissions(directory.state()));
        }
    }

    @Test
    void whatLastsIsMovedFromTheRunDirectoryOnce() throws Exception {
        Path run = folder.resolve("run");
        Path state = folder.resolve("state");
        take(run).close(); // a daemon of before
        Files.createDirectories(run.resolve("taken"));
        Files.createDirectories(run.resolve("framework/bundle1"));
        Files.createDirectories(run.resolve("config"));
        Files.createDirectories(run.resolve("staging"));
        for (String name : List.of("taken/0000:01:00.0", "taken/0000:02:00.0", "staging.pins", "staging.holds",
                "staging.updates", "staging/build.jar", "audit.jsonl", "audit.1.jsonl",
                "daemon.log.0", "daemon.log.0.lck", "config/vfio.pci.core.properties", "framework/bundle1/x")) {
            Files.writeString(run.resolve(name), "old " + name);
        }
        take(folder.resolve("other"), state).close();
        Files.writeString(Files.createDirectory(state.resolve("taken")).resolve("0000:02:00.0"), "new");
        for (int i = 0; i < 2; i++) {
            take(run, state).close();
            assertEquals(Set.of("lock", "taken", "taken/0000:02:00.0"), content(run), "what is there already is newer");
            assertEquals(Set.of("audit.1.jsonl", "audit.jsonl", "config", "config/vfio.pci.core.properties", "daemon.log.0",
                    "lock", "staging", "staging/build.jar", "staging.holds", "staging.pins", "staging.updates",
                    "taken", "taken/0000:01:00.0", "taken/0000:02:00.0"), content(state));
        }
        assertEquals("old taken/0000:01:00.0", Files.readString(state.resolve("taken/0000:01:00.0")));
        assertEquals("new", Files.readString(state.resolve("taken/0000:02:00.0")));
    }

    @Test
    void eachMayLieInTheOther() throws Exception {
        for (int i = 0; i < 2; i++) {
            take(folder.resolve("s/run"), folder.resolve("s")).close();
            take(folder.resolve("r"), folder.resolve("r/state")).close();
        }
    }

    @Test
    void driversMayBeInTheStateDirectoryBeforeTheFirstRun() throws Exception {
        Files.createDirectories(folder.resolve("s/drivers"));
        folder("s", "rwxr-xr-x"); // as systemd makes it
        take(folder.resolve("run"), folder.resolve("s")).close();
        assertEquals("rwx------", permissions(folder.resolve("s")));
    }

    @Test
    void whatACrashedDaemonLeftIsNoHindrance() throws Exception {
        Path path = folder.resolve("run");
        take(path).close();
        Files.writeString(path.resolve("daemon.pid"), "1\n");
        Files.writeString(path.resolve("control.sock"), "");
        try (Directories directory = take(path)) {
            assertTrue(Files.notExists(directory.path().resolve("control.sock")));
        }
    }

    @Test
    void aDirectoryOfOthersIsNotClosedForThem() throws Exception {
        Path shared = folder("shared", "rwxr-xr-x");
        Files.createFile(shared.resolve("file"));
        LaunchException e = refused(shared, shared);
        assertTrue(e.getMessage().contains("rwxr-xr-x"), e.getMessage());
        assertEquals("rwxr-xr-x", permissions(shared));
        Files.delete(shared.resolve("file"));
        take(shared).close();
        assertEquals("rwx------", permissions(shared));
    }

    @Test
    void aDirectoryOfAnotherUserIsRefusedBeforeAByteIsWritten() throws Exception {
        Path theirs = folder("theirs", "rwx------");
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        Files.createFile(theirs.resolve("lock"));
        Files.createSymbolicLink(theirs.resolve("daemon.pid"), victim);
        give(theirs);
        for (LaunchException e : List.of(refused(theirs, theirs), refused(folder.resolve("run"), theirs),
                refused(theirs.resolve("run"), theirs.resolve("run")))) {
            assertEquals(1, e.exitCode());
            assertTrue(e.getMessage().contains("belongs to user " + SOMEBODY), e.getMessage());
            assertTrue(e.getMessage().endsWith(", as the service does: --dir /run/vfio --state /var/lib/vfio --drivers "
                    + "/var/lib/vfio/drivers"), e.getMessage());
        }
        assertEquals("precious", Files.readString(victim));
        assertEquals(Set.of("lock", "daemon.pid"), content(theirs));
    }

    @Test
    void aDirectoryThatAnotherUserCouldExchangeIsRefused() throws Exception {
        Path path = folder("open/run", "rwx------");
        folder("open", "rwxrwxrwx");
        LaunchException e = refused(path, path);
        assertTrue(e.getMessage().contains("open on the way to it may be written by others"), e.getMessage());
        assertEquals(Set.of(), content(path));
    }

    @Test
    void linksInPlaceOfItsFilesAreNotFollowed() throws Exception {
        Path path = folder.resolve("run");
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        for (String name : List.of("daemon.pid", "lock")) {
            take(path).close();
            Files.deleteIfExists(path.resolve(name));
            Files.createSymbolicLink(path.resolve(name), victim);
            assertEquals(1, refused(path, path).exitCode());
            Files.delete(path.resolve(name));
            Files.writeString(path.resolve("lock"), "");
        }
        assertEquals("precious", Files.readString(victim));
    }

    @Test
    void whatWasNeverARunDirectoryIsNotEmptied() throws Exception {
        Path home = folder("home", "rwx------");
        Path kept = Files.createFile(Files.createDirectory(home.resolve("tmp")).resolve("letter"));
        assertTrue(refused(home, home).getMessage().contains("never a run directory"));
        assertTrue(refused(folder.resolve("run"), home).getMessage().contains("never a state directory"));
        assertTrue(Files.exists(kept));
    }

    @Test
    void settingsMayBeThereBeforeTheFirstRun() throws Exception {
        Path path = Files.createDirectories(folder.resolve("run/config")).getParent();
        try (Directories directory = take(path)) {
            assertEquals("rwx------", permissions(directory.path()));
        }
        take(path).close();
    }

    @Test
    void aFileIsNoDirectory() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        LaunchException e = refused(file, file);
        assertEquals(1, e.exitCode());
        assertTrue(e.getMessage().contains("it is no folder"), e.getMessage());
    }

    @Test
    void aPathTooLongForASocketIsRefusedFirst() {
        Path path = folder.resolve("x".repeat(100));
        assertEquals(2, refused(path, path).exitCode());
        assertTrue(Files.notExists(path));
    }

    @Test
    void emptyingDoesNotFollowLinks() throws Exception {
        Path outside = Files.createDirectory(folder.resolve("outside"));
        Path kept = Files.createFile(outside.resolve("kept"));
        try (Directories directory = take(folder.resolve("run"))) {
            Path inside = directory.emptied("tmp");
            Files.createDirectories(inside.resolve("deep/er"));
            Files.createSymbolicLink(inside.resolve("deep/link"), outside);
            assertEquals(Set.of(), content(directory.emptied("tmp")));
        }
        assertTrue(Files.exists(kept));
    }
}
