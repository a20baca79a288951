// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who could decide which jar runs. */
class TrustTest {
    private static final int STRANGER = 54321;

    @TempDir
    Path home;
    private Path folder;
    private Path file;
    private int uid;
    private Trust trust;

    @BeforeEach
    void aPrivateFile() throws IOException {
        home = home.toRealPath();
        folder = Fixture.privateFolder(home.resolve("drivers"));
        file = Files.write(folder.resolve("x.jar"), new byte[1]);
        uid = (Integer) Files.getAttribute(file, "unix:uid");
        trust = new Trust(uid, groups("root:x:0:"));
    }

    /** @param group a line of group(5) */
    private PrivateGroups groups(String group) throws IOException {
        return new PrivateGroups(Files.writeString(home.resolve("passwd"), "root:x:0:0:root:/root:/bin/sh\nme:x:" + uid
                + ":77:me:/:/bin/sh\nher:x:54321:78:her:/:/bin/sh\n"), Files.writeString(home.resolve("group"), group + "\n"));
    }

    private void refused(String part, Path path) {
        String reason = assertThrows(Refusal.class, () -> trust.check(path)).getMessage();
        assertTrue(reason.startsWith("not trusted: ") && reason.contains(part), reason);
    }

    @Test
    void privateFileIsTrustedByItsOwnPathAndByLinks() throws Exception {
        assertEquals(file, trust.check(file));
        Path links = Fixture.privateFolder(home.resolve("links"));
        Files.createSymbolicLink(links.resolve("hop"), Path.of("../drivers/./x.jar"));
        assertEquals(file, trust.check(Files.createSymbolicLink(links.resolve("absolute"), links.resolve("hop"))));
        Path around = Files.createSymbolicLink(links.resolve("folder"), Path.of("../links/../drivers"));
        assertEquals(file, trust.check(around.resolve("x.jar")));
    }

    @Test
    void endlessLinksAreRefused() throws Exception {
        Path loop = Files.createSymbolicLink(folder.resolve("loop.jar"), Path.of("loop.jar"));
        assertEquals("more than 40 links on the way", assertThrows(Refusal.class, () -> trust.check(loop)).getMessage());
    }

    @Test
    void whatOthersMayWriteIsRefused() throws Exception {
        Modes.set(file, 0646);
        refused("file " + file + " is writable by others (mode 646); chmod o-w it", file);
        Modes.set(file, 0644);
        Modes.set(folder, 0777);
        refused("folder " + folder + " is writable by others", file);
        Modes.set(folder, 0755);
        Modes.set(home, 0777);
        refused("folder " + home + " is writable by others", file);
    }

    @Test
    void stickyFolderMayStandOnTheWayButHoldsNoDriver() throws Exception {
        Modes.set(home, 01777);
        assertEquals(file, trust.check(file));
        Modes.set(folder, 01777);
        refused("folder " + folder, file);
    }

    @Test
    void eachHopOfALinkCounts() throws Exception {
        Path open = Files.createDirectory(home.resolve("open"));
        Path hop = Files.createSymbolicLink(open.resolve("hop.jar"), file);
        Path link = Files.createSymbolicLink(folder.resolve("link.jar"), hop);
        Modes.set(open, 0755);
        assertEquals(file, trust.check(link));
        Modes.set(open, 0777);
        refused("folder " + open + " is writable by others", link);
    }

    @Test
    void groupThatOthersBelongToCountsAsOthers() throws Exception {
        int gid = (Integer) Files.getAttribute(folder, "unix:gid");
        Modes.set(folder, 0775);
        trust = new Trust(uid, groups("mine:x:" + gid + ":me"));
        assertEquals(file, trust.check(file));
        trust = new Trust(uid, groups("ours:x:" + gid + ":me,her"));
        refused("is writable by group " + gid + ", to which others belong (mode 775); chmod g-w it", file);
        trust = new Trust(uid, groups("another:x:4711:"));
        refused("is writable by group", file);
    }

    @Test
    void primaryGroupOfAnotherUserIsNotPrivate() throws Exception {
        assertTrue(groups("mine:x:77:").hasOnly(77, uid));
        assertFalse(groups("hers:x:78:").hasOnly(78, uid));
        assertFalse(new PrivateGroups(home.resolve("none"), home.resolve("none")).hasOnly(77, uid));
    }

    @Test
    void ownersOfFoldersAndLinksOnTheWayCount() throws Exception {
        assumeTrue(uid == 0, "only root gives files away");
        Path hers = Files.createDirectory(home.resolve("hers"));
        Path inside = Fixture.privateFolder(hers.resolve("drivers"));
        Path below = Files.write(inside.resolve("x.jar"), new byte[1]);
        assertEquals(below, trust.check(below));
        Files.setAttribute(hers, "unix:uid", STRANGER);
        refused("folder " + hers + " belongs to user 54321, neither root nor the daemon's user 0; chown it", below);
        Path link = Files.createSymbolicLink(folder.resolve("link.jar"), file);
        Files.setAttribute(link, "unix:uid", STRANGER, LinkOption.NOFOLLOW_LINKS);
        refused("link " + link + " belongs to user", link);
    }
}
