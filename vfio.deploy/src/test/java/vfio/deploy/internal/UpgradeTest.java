// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.deploy.sample.HangingActivator;
import vfio.deploy.sample.StubbornActivator;
import vfio.deploy.sample.ThrowingActivator;

/**
 * One build takes over from another, or it is as if nothing had been tried. Another driver uses its package, so that it is
 * stopped before the next build is started.
 */
class UpgradeTest extends DeployedFolder {
    @BeforeEach
    void oneVersionRuns() throws Exception {
        f.startLimitMillis = 500;
        acme("1.0.0").writeTo(f.folder.resolve("acme-1.jar"));
        f.scanned();
        Jars.driver("user", "1.0.0").header("Import-Package", "acme.api").writeTo(f.folder.resolve("user.jar"));
        f.deploy.rescan();
        assertEquals(List.of("acme 1.0.0", "user 1.0.0"), f.running());
    }

    private static Jars acme(String version) {
        return Jars.driver("acme", version).header("Export-Package", "acme.api;version=1.0")
                .entry("acme/api/note.txt", version);
    }

    private Path next() {
        return f.folder.resolve("acme-2.jar");
    }

    private void formerRunsAgain(String... calls) {
        assertEquals(List.of("acme 1.0.0", "user 1.0.0"), f.running());
        assertEquals("active", f.state("acme-1.jar"));
        assertEquals(List.of(calls), f.core.calls);
    }

    /** The calls of an exchange, with those about the driver that uses this one around them. */
    private static String[] withUser(String... calls) {
        List<String> all = new ArrayList<>(List.of(calls));
        all.add(0, "retire user 1.0.0 state 32");
        all.addAll(all.size() - 1, List.of("restore", "close"));
        return all.toArray(String[]::new);
    }

    @Test
    void newVersionTakesOverInOneTransaction() throws Exception {
        acme( "2.0.0").writeTo(next());
        f.deploy.rescan();
        assertEquals(List.of("acme 2.0.0", "user 1.0.0"), f.running());
        assertEquals(2, f.ours().size());
        assertEquals(List.of(withUser("retire acme 1.0.0 state 32", "restore", "close")), f.core.calls);
        assertEquals("superseded", f.state("acme-1.jar"));
        assertTrue(f.eventTypes().contains("bundle-updated"));
    }

    @Test
    void newVersionInTheSameFileTakesOver() throws Exception {
        acme( "2.0.0").writeTo(f.folder.resolve("acme-1.jar"));
        f.deploy.rescan();
        assertEquals(List.of("acme 2.0.0", "user 1.0.0"), f.running());
        acme( "0.5.0").moveTo(f.folder.resolve("acme-1.jar"));
        f.deploy.rescan();
        assertEquals(List.of("acme 0.5.0", "user 1.0.0"), f.running(), "an operator may also go back");
    }

    @Test
    void unresolvableVersionNeverStopsTheFormer() throws Exception {
        acme( "2.0.0").header("Import-Package", "nowhere").writeTo(next());
        f.deploy.rescan();
        assertEquals("unresolved", f.state("acme-2.jar"));
        formerRunsAgain();
    }

    @Test
    void versionThatDoesNotStartIsRolledBack() throws Exception {
        acme( "2.0.0").activator(ThrowingActivator.class).writeTo(next());
        f.deploy.rescan();
        assertEquals("failed", f.state("acme-2.jar"));
        assertTrue(f.row("acme-2.jar").reason().endsWith("version 1.0.0 runs again"), f.row("acme-2.jar").reason());
        formerRunsAgain(withUser("retire acme 1.0.0 state 32", "restore", "close"));
        assertEquals(2, f.ours().size());
    }

    @Test
    void versionThatHangsIsRolledBack() throws Exception {
        acme( "2.0.0").activator(HangingActivator.class).writeTo(next());
        f.deploy.rescan();
        assertEquals("failed", f.state("acme-2.jar"));
        formerRunsAgain(withUser("retire acme 1.0.0 state 32", "give up acme", "restore", "close"));
    }

    @Test
    void versionWhoseDriverDoesNotTakeTheFunctionsIsRolledBack() throws Exception {
        Queue<Map<String, String>> answers = new ArrayDeque<>(
                List.of(Map.of("emulated/0000:01:00.1", "probe threw"), Map.of(), Map.of()));
        f.core.restores = answers::remove;
        acme( "2.0.0").writeTo(next());
        f.deploy.rescan();
        assertEquals("failed", f.state("acme-2.jar"));
        assertTrue(f.row("acme-2.jar").reason().contains("emulated/0000:01:00.1: probe threw"), f.row("acme-2.jar").reason());
        formerRunsAgain(withUser("retire acme 1.0.0 state 32", "restore", "restore", "close"));
    }

    @Test
    void coreThatThrowsWhileItRestoresIsRolledBackToo() throws Exception {
        List<Supplier<Map<String, String>>> failures = List.of(() -> {
            throw new IllegalStateException("a bug");
        }, () -> {
            throw new NoClassDefFoundError("a/b/C");
        });
        for (int round = 0; round < failures.size(); round++) {
            f.core.calls.clear();
            Queue<Supplier<Map<String, String>>> answers = new ArrayDeque<>(List.of(failures.get(round), Map::of, Map::of));
            f.core.restores = () -> answers.remove().get();
            acme( "2.0." + round).writeTo(next());
            f.deploy.rescan();
            assertEquals("failed", f.state("acme-2.jar"));
            assertTrue(f.row("acme-2.jar").reason().endsWith("version 1.0.0 runs again"), f.row("acme-2.jar").reason());
            formerRunsAgain(withUser("retire acme 1.0.0 state 32", "restore", "restore", "close"));
            assertEquals(2, f.ours().size());
        }
    }

    @Test
    void coreThatThrowsAtTheEndDoesNotUndoTheUpgrade() throws Exception {
        f.core.closeFails = new IllegalStateException("a bug");
        acme( "2.0.0").writeTo(next());
        f.deploy.rescan();
        assertEquals(List.of("acme 2.0.0", "user 1.0.0"), f.running());
        assertEquals("active", f.state("acme-2.jar"));
    }

    @Test
    void rowSaysThatUsersAreWaitedFor() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        f.core.retireWaits = () -> {
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        acme( "2.0.0").writeTo(next());
        await().until(() -> "waiting for users of the functions of acme 1.0.0".equals(f.row("acme-2.jar").reason()));
        assertEquals("waiting", f.state("acme-2.jar"));
        released.countDown();
        await().until(() -> f.running().equals(List.of("acme 2.0.0", "user 1.0.0")));
    }

    @Test
    void failedVersionInTheSameFileLeavesTheFormerRunning() throws Exception {
        Path file = f.folder.resolve("acme-1.jar");
        acme( "2.0.0").activator(ThrowingActivator.class).writeTo(file);
        f.deploy.rescan();
        assertEquals("failed", f.state("acme-1.jar"));
        assertTrue(f.row("acme-1.jar").reason().endsWith("version 1.0.0 runs again"), f.row("acme-1.jar").reason());
        assertEquals(List.of("acme 1.0.0", "user 1.0.0"), f.running());
        acme( "2.0.1").writeTo(file);
        f.deploy.rescan();
        assertEquals(List.of("acme 2.0.1", "user 1.0.0"), f.running());
        assertEquals(2, f.ours().size());
    }

    @Test
    void coreThatDoesNotHandOverLeavesTheFormerRunning() throws Exception {
        f.core.retireFails = new VfioException(Errno.EBUSY, "a user holds it");
        acme( "2.0.0").writeTo(next());
        f.deploy.rescan();
        assertEquals("failed", f.state("acme-2.jar"));
        assertTrue(f.row("acme-2.jar").reason().contains("a user holds it"));
        assertEquals(List.of("acme 1.0.0", "user 1.0.0"), f.running());
    }

    @Test
    void formerThatThrowsWhenStoppedIsReplacedAllTheSame() throws Exception {
        acme( "1.5.0").activator(StubbornActivator.class).writeTo(f.folder.resolve("acme-1.jar"));
        f.deploy.rescan();
        acme( "2.0.0").writeTo(next());
        f.deploy.rescan();
        assertEquals(List.of("acme 2.0.0", "user 1.0.0"), f.running());
        assertEquals(2, f.ours().size());
    }

    @Test
    void fallbackThatFailsEndsWithNothingAndSaysWhy() throws Exception {
        acme( "0.9.0").activator(ThrowingActivator.class).writeTo(f.folder.resolve("acme-0.jar"));
        f.deploy.rescan();
        Files.delete(f.folder.resolve("acme-1.jar"));
        f.deploy.rescan();
        assertEquals(List.of(), f.ours());
        assertEquals("failed", f.state("acme-0.jar"));
    }

    @Test
    void fallbackSkipsAVersionThatFails() throws Exception {
        acme( "0.9.0").activator(ThrowingActivator.class).writeTo(f.folder.resolve("acme-0.9.jar"));
        acme( "0.8.0").writeTo(f.folder.resolve("acme-0.8.jar"));
        f.deploy.rescan();
        Files.delete(f.folder.resolve("acme-1.jar"));
        f.deploy.rescan();
        assertEquals(List.of("acme 0.8.0", "user 1.0.0"), f.running());
    }

    @Test
    void stagedCopiesAreThoseOfUsableFilesOnly() throws Exception {
        acme( "2.0.0").activator(ThrowingActivator.class).writeTo(next());
        f.deploy.rescan();
        assertEquals(2, f.staged().size());
    }
}
