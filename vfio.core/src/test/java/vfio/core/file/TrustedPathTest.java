// SPDX-License-Identifier: Apache-2.0
package vfio.core.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustedPathTest {
    private static final int SOMEBODY = 54321;

    @TempDir
    Path made;
    private Path folder;
    private TrustedPath rule;

    @BeforeEach
    void knowTheUser() throws IOException {
        folder = made.toRealPath();
        rule = TrustedPath.ofThisProcess();
    }

    private Path folder(String name, String mode) throws IOException {
        Path path = Files.createDirectories(folder.resolve(name));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        return path;
    }

    private String refusal(Path path) {
        return assertThrows(FileSystemException.class, () -> rule.check(path)).getReason();
    }

    private static void give(Path path, int uid) throws IOException {
        Assumptions.assumeTrue(TrustedPath.ofThisProcess().user() == 0, "only root can give files away");
        Files.setAttribute(path, "unix:uid", uid, java.nio.file.LinkOption.NOFOLLOW_LINKS);
    }

    @Test
    void whatIsOursOrRootsIsTrusted() throws IOException {
        Path ours = folder("a/b", "rwxr-xr-x");
        assertEquals(ours, rule.check(ours));
        assertEquals(ours.resolve("not/yet/there"), rule.check(ours.resolve("not/yet/there")));
        assertEquals(Path.of("/etc/passwd"), rule.check(Path.of("/etc/passwd")));
    }

    @Test
    void aFolderThatOthersMayWriteIsRefusedAnywhereOnTheWay() throws IOException {
        Path deep = folder("open/mine", "rwx------");
        folder("open", "rwxrwxrwx");
        assertTrue(refusal(deep).contains(folder.resolve("open") + " on the way to it may be written by others (mode 777)"),
                refusal(deep));
        assertTrue(refusal(folder.resolve("open")).startsWith("it may be written by others"));
    }

    @Test
    void aStickyFolderIsPassedThrough() throws IOException {
        Path sticky = folder("sticky", "rwxrwxrwx");
        Files.setAttribute(sticky, "unix:mode", 01777);
        Path inside = Files.createDirectory(sticky.resolve("mine"));
        assertEquals(inside, rule.check(inside));
    }

    @Test
    void aFolderOfAnotherUserIsRefusedAnywhereOnTheWay() throws IOException {
        Path deep = folder("theirs/mine", "rwx------");
        give(folder.resolve("theirs"), SOMEBODY);
        assertTrue(refusal(deep).contains("theirs on the way to it belongs to user " + SOMEBODY), refusal(deep));
        assertTrue(refusal(deep.resolve("new")).contains("belongs to user"));
    }

    @Test
    void aLinkOfAnotherUserIsRefusedWhereverItLeads() throws IOException {
        Path target = folder("target", "rwx------");
        Path link = Files.createSymbolicLink(folder.resolve("link"), target);
        assertEquals(target, rule.check(link));
        give(link, SOMEBODY);
        assertTrue(refusal(link).startsWith("it belongs to user"), refusal(link));
        assertTrue(refusal(link.resolve("x")).contains("link on the way"), refusal(link.resolve("x")));
    }

    @Test
    void everyHopOfALinkIsLookedAt() throws IOException {
        Path target = folder("target", "rwx------");
        Path open = folder("open", "rwxrwxrwx");
        Files.createSymbolicLink(open.resolve("hop"), Path.of("../target"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), open.resolve("hop"));
        assertTrue(refusal(link).contains("open on the way"), refusal(link));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertEquals(target, rule.check(link));
    }

    @Test
    void linksThatLeadNowhereOrInCirclesEnd() throws IOException {
        Path circle = Files.createSymbolicLink(folder.resolve("circle"), folder.resolve("circle"));
        assertThrows(FileSystemLoopException.class, () -> rule.check(circle));
        Path nowhere = Files.createSymbolicLink(folder.resolve("nowhere"), Path.of("../" + folder.getFileName() + "/gone"));
        assertEquals(folder.resolve("gone"), rule.check(nowhere));
    }

    @Test
    void dotsAreFollowedAsTheKernelDoes() throws IOException {
        Path deep = folder("a/b", "rwxr-xr-x");
        Path link = Files.createSymbolicLink(folder.resolve("link"), deep);
        assertEquals(folder.resolve("a"), rule.check(link.resolve("..")), "of the target, not of the link");
        assertEquals(Path.of("/"), rule.check(Path.of("/../..")));
    }

    @Test
    void aGroupThatMayWriteMustBeTheUsersOwn() throws IOException {
        Path shared = folder("shared", "rwxrwxr-x");
        int gid = (int) Files.getAttribute(shared, "unix:gid");
        assertEquals(shared, new TrustedPath(rule.user(), group -> group == gid).check(shared));
        String said = assertThrows(FileSystemException.class,
                () -> new TrustedPath(rule.user(), group -> false).check(shared))
                .getReason();
        assertEquals("it may be written by group " + gid + " (mode 775); chmod g-w it", said);
    }

    @Test
    void aFileThatIsUsedIsNobodyElsesToWriteNorIsItsFolder() throws IOException {
        Path drivers = folder("drivers", "rwx------");
        Path file = Files.createFile(drivers.resolve("x.jar"));
        Path open = folder("links", "rwx------");
        Path link = Files.createSymbolicLink(open.resolve("y.jar"), file);
        assertEquals(file, rule.checkFile(link));
        Files.setAttribute(file, "unix:mode", 0646);
        assertEquals(file, rule.check(file), "on the way it is no folder");
        String said = assertThrows(FileSystemException.class, () -> rule.checkFile(file)).getReason();
        assertEquals("it may be written by others (mode 646); chmod o-w it", said);
        Files.setAttribute(file, "unix:mode", 0644);
        Files.setAttribute(drivers, "unix:mode", 01777);
        said = assertThrows(FileSystemException.class, () -> rule.checkFile(link)).getReason();
        assertEquals(drivers + " on the way to it may be written by others (mode 1777); chmod o-w it", said);
    }

    @Test
    void aPrivateGroupHasItsUsersNameAndNobodyElse() {
        ProcessUser alice = new ProcessUser(1000, "alice", List.of("root:x:0:", "alice:x:1000:", "staff:x:50:alice",
                "users:x:100:", "odd", "bob:x:1001:", "admins:x:27:alice,bob"));
        assertTrue(alice.isAlone(0) && alice.isAlone(1000));
        for (int gid : new int[] {50, 100, 1001, 27, 4711}) {
            assertFalse(alice.isAlone(gid), "group " + gid);
        }
        assertFalse(new ProcessUser(1000, "alice", List.of("alice:x:1000:bob")).isAlone(1000));
    }

    @Test
    void aPrivateFolderIsMadeForItsOwnerAlone() throws IOException {
        Path path = TrustedPath.ofThisProcess().makeFolder(folder.resolve("x/y"));
        assertEquals(TrustedPath.PRIVATE, Files.getPosixFilePermissions(path));
        assertEquals(path, TrustedPath.ofThisProcess().makeFolder(path));
    }

    @Test
    void aFolderOfAnotherUserIsNoPrivateFolder() throws IOException {
        Path theirs = folder("theirs", "rwx------");
        TrustedPath another = new TrustedPath(SOMEBODY, group -> true);
        if (rule.user() == 0) { // root's, and therefore on a trusted path
            String said = assertThrows(FileSystemException.class, () -> another.makeFolder(theirs)).getReason();
            assertEquals("it belongs to user 0, who could take over this process", said);
        }
        give(theirs, SOMEBODY);
        assertThrows(FileSystemException.class, () -> TrustedPath.ofThisProcess().makeFolder(theirs));
        try (var content = Files.list(theirs)) {
            assertEquals(0, content.count());
        }
    }

    @Test
    void aPrivateFolderIsLookedAtAgainOnceAllOnTheWayIsThere() throws IOException {
        TrustedPath raced = new TrustedPath(rule.user(), group -> false) {
            @Override
            public Path check(Path path) throws IOException {
                Path real = super.check(path);
                folder("theirs", "rwxrwxrwx"); // somebody makes what was missing after the first look
                return real;
            }
        };
        Path path = folder.resolve("theirs/run");
        String said = assertThrows(FileSystemException.class, () -> raced.makeFolder(path)).getReason();
        assertTrue(said.contains("theirs on the way to it may be written by others"), said);
    }

    @Test
    void aFileIsNoPrivateFolder() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        TrustedPath ours = TrustedPath.ofThisProcess();
        assertEquals("it is no folder", assertThrows(FileSystemException.class, () -> ours.makeFolder(file)).getReason());
    }
}
