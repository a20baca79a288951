// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.file.TrustedPath;
import vfio.deploy.sample.HangingActivator;
import vfio.deploy.sample.StubbornActivator;
import vfio.deploy.sample.ThrowingActivator;

class FileStatesTest extends DeployedFolder {
    private static final int SOME_GROUP = 54321;

    @Test
    void jarPresentAtStartRuns() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.scanned();
        assertEquals("active", f.state("a.jar"));
        assertNull(f.row("a.jar").reason());
        assertEquals(12, f.row("a.jar").digest().length());
        assertEquals(List.of("acme 1.0.0"), f.running());
        assertTrue(f.eventTypes().contains("bundle-installed"));
    }

    @Test
    void copiedJarRunsWithoutBeingAskedFor() throws Exception {
        f.scanned();
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        await().until(() -> f.running().equals(List.of("acme 1.0.0")));
    }

    @Test
    void deletedJarIsRetiredStoppedAndUninstalledInThatOrder() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.scanned();
        Files.delete(file("a.jar"));
        await().until(() -> f.core.calls.contains("close"));
        assertEquals(List.of("retire acme 1.0.0 state 32", "close"), f.core.calls);
        f.deploy.rescan();
        assertEquals(List.of(), f.ours());
        assertEquals(List.of(), f.deploy.files());
        assertTrue(f.eventTypes().contains("bundle-removed"));
    }

    @Test
    void deletedFileTakesItsDriverAwayWhateverTheCoreThrows() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.scanned();
        f.core.retireWaits = () -> {
            throw new NoClassDefFoundError("a/b/C");
        };
        Files.delete(file("a.jar"));
        f.deploy.rescan();
        assertEquals(List.of(), f.ours());
    }

    @Test
    void deletedJarGoesEvenIfTheCoreRefusesToRetire() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.scanned();
        f.core.retireFails = new VfioException(Errno.EBUSY, "held");
        Files.delete(file("a.jar"));
        f.deploy.rescan();
        assertEquals(List.of(), f.ours());
    }

    @Test
    void higherVersionSupersedesAndLowerIsFallenBackTo() throws Exception {
        Jars.driver("acme", "1.9.0").writeTo(file("a.jar"));
        Jars.driver("acme", "1.10.0").writeTo(file("b.jar"));
        f.scanned();
        assertEquals("superseded", f.state("a.jar"));
        assertEquals("version 1.10.0 is higher", f.row("a.jar").reason());
        assertEquals(List.of("acme 1.10.0"), f.running());
        assertEquals(1, f.ours().size());
        Files.delete(file("b.jar"));
        f.deploy.rescan();
        assertEquals("active", f.state("a.jar"));
        assertEquals(List.of("acme 1.9.0"), f.running());
        assertEquals(List.of("retire acme 1.10.0 state 32", "close"), f.core.calls);
    }

    @Test
    void sameContentTwiceIsADuplicateThatTakesOverWithoutARestart() throws Exception {
        byte[] jar = Jars.driver("acme", "1.0.0").bytes();
        Files.write(file("b.jar"), jar);
        f.scanned();
        Files.write(file("a.jar"), jar);
        f.deploy.rescan();
        assertEquals("active", f.state("b.jar"));
        assertEquals("duplicate", f.state("a.jar"));
        Files.delete(file("b.jar"));
        f.deploy.rescan();
        assertEquals("active", f.state("a.jar"));
        assertEquals(List.of(), f.core.calls);
        assertEquals(List.of("acme 1.0.0"), f.running());
    }

    @Test
    void renamedFileRestartsNothing() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.scanned();
        long id = f.ours().get(0).getBundleId();
        Files.move(file("a.jar"), file("z.jar"));
        f.deploy.rescan();
        assertEquals("active", f.state("z.jar"));
        assertEquals("none", f.state("a.jar"));
        assertEquals(id, f.ours().get(0).getBundleId());
        assertEquals(List.of(), f.core.calls);
    }

    @Test
    void rebuiltSnapshotUnderAnotherNameReplacesTheEarlierFile() throws Exception {
        Jars.driver("acme", "1.0.0.SNAPSHOT").entry("build", "1").writeTo(file("a.jar"));
        f.scanned();
        long former = f.ours().get(0).getBundleId();
        Jars.driver("acme", "1.0.0.SNAPSHOT").entry("build", "2").writeTo(file("b.jar"));
        f.deploy.rescan();
        assertEquals("active", f.state("b.jar"));
        assertEquals("superseded", f.state("a.jar"));
        assertEquals("the same version, replaced by the later file b.jar", f.row("a.jar").reason());
        assertEquals(1, f.ours().size());
        assertFalse(f.ours().get(0).getBundleId() == former);
        assertEquals(List.of("retire acme 1.0.0.SNAPSHOT state 32", "close"), f.core.calls);
    }

    @Test
    void unresolvableIsExplainedAndRunsOnceWhatItNeedsIsHere() throws Exception {
        Jars.driver("acme", "1.0.0").header("Import-Package", "vfio.pci.core;version=\"[2,3)\",com.acme.lib;version=1.5")
                .writeTo(file("a.jar"));
        f.scanned();
        assertEquals("unresolved", f.state("a.jar"));
        assertEquals("it needs package vfio.pci.core [2.0.0,3.0.0); here: 1.0.0 of org.apache.felix.framework; and package "
                + "com.acme.lib 1.5.0 or later; here: none", f.row("a.jar").reason());
        assertEquals(List.of(), f.ours());
        Jars.driver("acme", "1.0.0").header("Import-Package", "com.acme.lib;version=1.5").writeTo(file("a.jar"));
        f.deploy.rescan();
        assertEquals("unresolved", f.state("a.jar"));
        Path library = Jars.driver("lib", "1").header("Provide-Capability", null)
                .header("Export-Package", "com.acme.lib;version=1.5").writeTo(home.resolve("lib.jar"));
        f.context().installBundle(library.toUri().toString());
        await().until(() -> f.state("a.jar").equals("active"));
    }

    @Test
    void missingJavaIsNamed() throws Exception {
        Jars.driver("acme", "1.0.0").header("Require-Capability", "osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=99))\"")
                .writeTo(file("a.jar"));
        f.scanned();
        assertEquals("unresolved", f.state("a.jar"));
        assertTrue(f.row("a.jar").reason().startsWith("it needs Java platform JavaSE 99"), f.row("a.jar").reason());
    }

    @Test
    void throwingActivatorIsShownAndHarmless() throws Exception {
        Jars.driver("bad", "1.0.0").activator(ThrowingActivator.class).writeTo(file("a.jar"));
        Jars.driver("good", "1.0.0").writeTo(file("b.jar"));
        f.scanned();
        assertEquals("failed", f.state("a.jar"));
        assertTrue(f.row("a.jar").reason().contains("OwnException \"firmware\""), f.row("a.jar").reason());
        assertEquals(List.of("good 1.0.0"), f.running());
        assertEquals(1, f.ours().size());
        assertTrue(f.eventTypes().contains("bundle-failed"));
        f.deploy.rescan();
        assertEquals(1, f.eventTypes().stream().filter("bundle-failed"::equals).count(), "it is not tried again");
        Jars.driver("bad", "1.0.0").writeTo(file("a.jar"));
        f.deploy.rescan();
        assertEquals("active", f.state("a.jar"), "it is tried again once it has changed");
    }

    @Test
    void hangingActivatorIsReportedWithItsStackAndOthersRun() throws Exception {
        f.startLimitMillis = 300;
        Jars.driver("bad", "1.0.0").activator(HangingActivator.class).writeTo(file("a.jar"));
        Jars.driver("good", "1.0.0").writeTo(file("b.jar"));
        f.scanned();
        assertEquals("failed", f.state("a.jar"));
        assertTrue(f.row("a.jar").reason().contains("did not answer within 0.3 s"), f.row("a.jar").reason());
        assertTrue(f.row("a.jar").reason().contains("HangingActivator.start"), f.row("a.jar").reason());
        assertEquals(List.of("good 1.0.0"), f.running());
    }

    @Test
    void rowsAreShownWhileADriverHangs() throws Exception {
        Jars.driver("bad", "1.0.0").activator(HangingActivator.class).writeTo(file("a.jar"));
        Jars.driver("good", "1.0.0").writeTo(file("b.jar"));
        f.start();
        await().until(() -> f.state("b.jar").equals("active"));
        await().until(() -> "starting".equals(f.row("a.jar").reason()));
        System.setProperty("sample.release", "now");
        await().until(() -> f.state("a.jar").equals("active"));
        System.clearProperty("sample.release");
    }

    @Test
    void activatorThatThrowsWhenStoppedDoesNotStay() throws Exception {
        Jars.driver("acme", "1.0.0").activator(StubbornActivator.class).writeTo(file("a.jar"));
        f.scanned();
        Files.delete(file("a.jar"));
        f.deploy.rescan();
        assertEquals(List.of(), f.ours());
    }

    @Test
    void corruptCopyOverARunningBundlesFileChangesNothing() throws Exception {
        byte[] good = Jars.driver("acme", "1.0.0").bytes();
        Files.write(file("a.jar"), good);
        f.scanned();
        Files.write(file("a.jar"), "this is no jar at all".getBytes());
        f.deploy.rescan();
        assertEquals("refused", f.state("a.jar"));
        assertEquals("no zip: it does not begin as one; acme 1.0.0 keeps running", f.row("a.jar").reason());
        assertEquals(List.of("acme 1.0.0"), f.running());
        Files.write(file("a.jar"), good);
        f.deploy.rescan();
        assertEquals("active", f.state("a.jar"));
        assertEquals(List.of(), f.core.calls);
        Files.write(file("a.jar"), new byte[0]);
        Files.delete(file("a.jar"));
        f.deploy.rescan();
        assertEquals(List.of(), f.running(), "a deleted file is another matter");
    }

    @Test
    void fileWithAnotherNameInsideReplacesWhatRanFromIt() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.scanned();
        Jars.driver("bcme", "1.0.0").writeTo(file("a.jar"));
        f.deploy.rescan();
        assertEquals(List.of("bcme 1.0.0"), f.running());
        assertEquals(1, f.ours().size());
    }

    @Test
    void refusedFilesHaveAReason() throws Exception {
        Files.createDirectory(file("folder.jar"));
        Files.write(file(".hidden.jar"), new byte[10]);
        Files.write(file("readme.txt"), new byte[10]);
        Files.createSymbolicLink(file("dangling.jar"), home.resolve("nothing"));
        assertEquals(0, new ProcessBuilder("mkfifo", file("pipe.jar").toString()).start().waitFor());
        Jars.driver("org.apache.felix.framework", "9").writeTo(file("platform.jar"));
        f.scanned();
        assertEquals(3, f.deploy.files().size(), f.deploy.files().toString());
        assertEquals("a link to nothing", f.row("dangling.jar").reason());
        assertEquals("no regular file", f.row("pipe.jar").reason());
        assertTrue(f.row("platform.jar").reason().contains("belongs to a bundle of this installation"));
    }

    @Test
    void linkIsFollowedAndItsTargetWatched() throws Exception {
        Path target = Jars.driver("acme", "1.0.0").writeTo(Fixture.privateFolder(home.resolve("build")).resolve("x.jar"));
        Files.createSymbolicLink(file("a.jar"), target);
        f.scanned();
        assertEquals("active", f.state("a.jar"));
        Jars.driver("acme", "2.0.0").writeTo(target);
        await().until(() -> f.running().equals(List.of("acme 2.0.0")));
    }

    @Test
    void linkIsTrustedNoMoreThanTheFoldersOfItsHops() throws Exception {
        Path target = Jars.driver("acme", "1.0.0").writeTo(Fixture.privateFolder(home.resolve("build")).resolve("x.jar"));
        Path open = Files.createDirectory(home.resolve("open"));
        Modes.set(open, 0777);
        Files.createSymbolicLink(file("a.jar"), Files.createSymbolicLink(open.resolve("hop.jar"), target));
        f.scanned();
        assertEquals("refused", f.state("a.jar"));
        assertEquals("not trusted: " + open + " on the way to it may be written by others (mode 777); chmod o-w it",
                f.row("a.jar").reason());
    }

    @Test
    void fileWritableByOthersIsRefusedAndTakenWhenThatEnds() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        Modes.set(file("a.jar"), 0666);
        f.scanned();
        assertTrue(f.row("a.jar").reason().contains("not trusted: it may be written by others (mode 666)"),
                f.row("a.jar").reason());
        Modes.set(file("a.jar"), 0644);
        await().until(() -> f.state("a.jar").equals("active"));
    }

    @Test
    void folderThatTakesTheWatchedOnesPlaceIsRead() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.scanned();
        Path next = Files.createDirectory(home.resolve("next"));
        Modes.set(next, 0700);
        Jars.driver("other", "1.0.0").writeTo(next.resolve("b.jar"));
        Files.move(f.folder, home.resolve("former"));
        Files.move(next, f.folder);
        await().until(() -> f.state("b.jar").equals("active"));
        await().until(() -> f.ours().stream().map(Bundle::getSymbolicName).toList().equals(List.of("other")));
        Jars.driver("third", "1.0.0").writeTo(file("c.jar"));
        await().until(() -> f.state("c.jar").equals("active"));
    }

    @Test
    void folderWritableByOthersIsRefusedAndTakenWhenThatEnds() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        Modes.set(f.folder, 01777);
        f.scanned();
        assertTrue(f.row("a.jar").reason().startsWith("not trusted: "), f.row("a.jar").reason());
        assertEquals(List.of(), f.ours());
        Modes.set(f.folder, 0700);
        await().until(() -> f.state("a.jar").equals("active"));
    }

    @Test
    void folderAboveThatOthersMayWriteIsRefusedAndTakenWhenThatEnds() throws Exception {
        f.scanned();
        Modes.set(home, 0777);
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.deploy.rescan();
        assertTrue(f.row("a.jar").reason().startsWith("not trusted: "), f.row("a.jar").reason());
        Modes.set(home, 0700);
        await().until(() -> f.state("a.jar").equals("active"));
    }

    @Test
    void folderOfAGroupThatOthersAreInIsRefusedAndTakenWhenThatEnds() throws Exception {
        Assumptions.assumeTrue(TrustedPath.ofThisProcess().user() == 0, "only root can give folders to any group");
        Files.setAttribute(f.folder, "unix:gid", SOME_GROUP);
        Modes.set(f.folder, 0770);
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.scanned();
        assertTrue(f.row("a.jar").reason().contains("may be written by group " + SOME_GROUP), f.row("a.jar").reason());
        Files.setAttribute(f.folder, "unix:gid", 0);
        await().until(() -> f.state("a.jar").equals("active"));
    }

    @Test
    void endingInCapitalsIsTheSameEnding() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("A.JAR"));
        f.scanned();
        assertEquals("active", f.state("A.JAR"));
    }

    @Test
    void pinHoldsAVersionOverRestartsUntilUnpinned() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        Jars.driver("acme", "2.0.0").writeTo(file("b.jar"));
        f.scanned();
        f.deploy.pin("acme", "1.0.0");
        assertEquals(List.of("acme 1.0.0"), f.running());
        assertEquals("pinned to version 1.0.0", f.row("b.jar").reason());
        f.end();
        f.scanned();
        assertEquals(List.of("acme 1.0.0"), f.running());
        assertEquals("acme", f.deploy.pins().get(0).symbolicName());
        f.deploy.unpin("acme");
        assertEquals(List.of("acme 2.0.0"), f.running());
        assertEquals(Errno.ENOENT, assertThrows(VfioException.class, () -> f.deploy.unpin("acme")).errno());
        VfioException unknown = assertThrows(VfioException.class, () -> f.deploy.pin("acme", "3"));
        assertEquals(Errno.ENOENT, unknown.errno());
        assertEquals("cannot pin acme to 3.0.0: its usable versions are 1.0.0, 2.0.0", unknown.sentence());
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> f.deploy.pin("acme", "x y")).errno());
    }

    @Test
    void pinnedFileThatGoesLeavesNothingRunning() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        Jars.driver("acme", "2.0.0").writeTo(file("b.jar"));
        f.scanned();
        f.deploy.pin("acme", "1.0.0");
        Files.delete(file("a.jar"));
        f.deploy.rescan();
        assertEquals(List.of(), f.running());
        assertEquals("pinned to version 1.0.0, which is not here", f.row("b.jar").reason());
    }
}
