// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.SynchronousBundleListener;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.deploy.UpdateAdmin.UpdateRow;
import vfio.deploy.sample.ThrowingActivator;

/** Builds that wait: held, rolled back, or cut off by the end of the daemon. What runs meanwhile comes from staging. */
class HeldBuildsTest extends DeployedFolder {
    private static final String A = "emulated/0000:01:00.0";
    private static final String B = "emulated/0000:02:00.0";

    /** The daemon after its end. */
    private Fixture next;

    @BeforeEach
    void oneVersionHasTwoFunctions() throws Exception {
        f.startLimitMillis = 500;
        put("acme.jar", "1.0.0");
        f.scanned();
        f.core.give("acme", A, B);
        List.of(A, B).forEach(function -> f.core.ways.put(function, "none"));
    }

    @AfterEach
    void stopNext() throws Exception {
        if (next != null) {
            next.close();
        }
    }

    private void put(String name, String version) throws IOException {
        Jars.driver("acme", version).writeTo(file(name));
    }

    private void update(String name, String version) throws IOException {
        put(name, version);
        f.deploy.rescan();
    }

    /** Leaves the framework as it is and starts another on a copy of all files, as after a kill. */
    private Path killed() throws IOException {
        Path copy = Files.createDirectories(home.resolve("next"));
        for (String part : List.of("drivers", "state")) {
            try (Stream<Path> files = Files.walk(home.resolve(part))) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    Files.copy(file, copy.resolve(home.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES,
                            StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        return copy;
    }

    private void restartOn(Path copy) throws Exception {
        next = new Fixture(copy);
        next.scanned();
    }

    private void runs(Fixture where, String version) {
        assertEquals(List.of("acme " + version), where.running());
        assertEquals(1, where.ours().size());
    }

    private static void held(Fixture where, String file, String part) {
        assertEquals("held", where.state(file), () -> where.deploy.files().toString());
        assertTrue(where.row(file).reason().contains(part), where.row(file).reason());
        UpdateRow row = where.updates().updates().stream().filter(one -> one.phase().equals("held")).findFirst()
                .orElseThrow();
        assertEquals(where.row(file).reason(), row.reason());
    }

    @Test
    void killWhileFunctionsMoveRunsTheFormerBuildThoughItsFileIsOverwritten() throws Exception {
        AtomicReference<Path> copy = new AtomicReference<>();
        f.core.moves = function -> {
            try {
                if (copy.get() == null) {
                    copy.set(killed());
                }
                return null;
            } catch (IOException e) {
                return new IllegalStateException(e);
            }
        };
        update("acme.jar", "2.0.0");
        restartOn(copy.get());
        runs(next, "1.0.0");
        held(next, "acme.jar", "an update was under way when the daemon ended");
        next.end();
        next.scanned();
        runs(next, "1.0.0");
        held(next, "acme.jar", "an update was under way when the daemon ended");
        assertEquals("done", next.updates().update("acme", Optional.empty()).phase());
        runs(next, "2.0.0");
        assertEquals("active", next.state("acme.jar"));
    }

    @Test
    void killInTheSoakRunsTheFormerBuild() throws Exception {
        f.soakSeconds = 600;
        f.end();
        f.scanned();
        update("acme-2.jar", "2.0.0");
        restartOn(killed());
        runs(next, "1.0.0");
        held(next, "acme-2.jar", "an update was under way");
        assertEquals("active", next.state("acme.jar"));
    }

    @Test
    void stopWhileFunctionsMoveRunsTheNextBuild() throws Exception {
        f.soakSeconds = 600;
        f.end();
        f.scanned();
        f.core.moves = function -> {
            if (f.framework.getState() == Bundle.ACTIVE) {
                try {
                    f.framework.stop();
                } catch (BundleException e) {
                    return new IllegalStateException(e);
                }
                await().until(() -> f.framework.getState() != Bundle.ACTIVE);
            }
            return null;
        };
        f.context().addBundleListener((SynchronousBundleListener) event -> {
            if (event.getType() == BundleEvent.STOPPING) {
                f.end(); // as declarative services have deployment end
            }
        });
        put("acme-2.jar", "2.0.0");
        CompletableFuture.runAsync(f.deploy::rescan); // the end answers it
        f.framework.waitForStop(10_000);
        restartOn(killed());
        runs(next, "2.0.0");
        assertEquals("active", next.state("acme-2.jar"));
    }

    @Test
    void killOfAMixedUpdateRunsTheFormerBuild() throws Exception {
        f.core.moves = function -> function.equals(B) ? new VfioException(Errno.EIO, "no") : null;
        update("acme.jar", "2.0.0");
        restartOn(killed());
        runs(next, "1.0.0");
        held(next, "acme.jar", "an update was under way");
    }

    @Test
    void updateOfADriverThatOthersUseIsInTheJournalToo() throws Exception {
        Jars.driver("tool", "1.0.0").header("Export-Package", "tool.api;version=1.0").entry("tool/api/note.txt", "1")
                .writeTo(file("tool.jar"));
        f.deploy.rescan();
        Jars.driver("user", "1.0.0").header("Import-Package", "tool.api").writeTo(file("user.jar"));
        f.deploy.rescan();
        AtomicReference<Path> copy = new AtomicReference<>();
        f.core.retireWaits = () -> {
            try {
                if (copy.get() == null) {
                    copy.set(killed());
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        };
        Jars.driver("tool", "2.0.0").header("Export-Package", "tool.api;version=1.0").entry("tool/api/note.txt", "2")
                .writeTo(file("tool.jar"));
        f.deploy.rescan();
        assertEquals(List.of("acme 1.0.0", "tool 2.0.0", "user 1.0.0"), f.running());
        assertEquals("done", f.updates().rollback("tool").phase());
        assertEquals(List.of("acme 1.0.0", "tool 1.0.0", "user 1.0.0"), f.running());
        restartOn(copy.get());
        assertEquals(List.of("acme 1.0.0", "tool 1.0.0", "user 1.0.0"), next.running());
        held(next, "tool.jar", "an update was under way when the daemon ended");
    }

    @Test
    void killAfterAnUpdateRunsTheNextBuild() throws Exception {
        update("acme.jar", "2.0.0");
        restartOn(killed());
        runs(next, "2.0.0");
        assertEquals("active", next.state("acme.jar"));
    }

    @Test
    void killOfTheStartAfterAKillIsNoLoop() throws Exception {
        f.core.moves = function -> function.equals(B) ? new VfioException(Errno.EIO, "no") : null;
        update("acme.jar", "2.0.0");
        Path copy = killed();
        restartOn(copy);
        next.framework.stop();
        next.framework.waitForStop(10_000);
        restartOn(copy);
        runs(next, "1.0.0");
        held(next, "acme.jar", "an update was under way");
    }

    @Test
    void formerBuildIsKeptThoughItsFileHoldsOneThatFailsAndThenAnother() throws Exception {
        Jars.driver("acme", "1.5.0").activator(ThrowingActivator.class).writeTo(file("acme.jar"));
        f.deploy.rescan();
        assertEquals("failed", f.state("acme.jar"));
        f.core.moves = function -> function.equals(B) ? new VfioException(Errno.EIO, "no") : null;
        update("acme.jar", "2.0.0");
        restartOn(killed());
        runs(next, "1.0.0");
        held(next, "acme.jar", "an update was under way");
    }

    @Test
    void buildThatComesAfterACutOffUpdateDoesNotWait() throws Exception {
        f.core.moves = function -> function.equals(B) ? new VfioException(Errno.EIO, "no") : null;
        update("acme.jar", "2.0.0");
        restartOn(killed());
        Jars.driver("acme", "2.0.1").writeTo(next.folder.resolve("acme.jar"));
        next.deploy.rescan();
        runs(next, "2.0.1");
    }

    @Test
    void formerBuildThatIsLostLetsTheNextOneRun() throws Exception {
        f.core.moves = function -> function.equals(B) ? new VfioException(Errno.EIO, "no") : null;
        update("acme.jar", "2.0.0");
        Path copy = killed();
        try (Stream<Path> staged = Files.list(copy.resolve("state/staging"))) {
            for (Path file : staged.filter(each -> each.toString().endsWith(".jar")).toList()) {
                Files.write(file, new byte[9]);
            }
        }
        restartOn(copy);
        runs(next, "2.0.0");
    }

    @Test
    void brokenJournalLosesNothing() throws Exception {
        Path journal = f.staging.resolveSibling("staging.updates");
        f.end();
        for (String content : List.of("\u0000\u0001\\u00", "open/acme=begun 1 2", "open/acme=begun x y z w v",
                "what/acme=begun 1.0.0 " + "0".repeat(64) + " 2.0.0 " + "0".repeat(64),
                "open/acme=begun 1.0.0 ../../etc/passwd 2.0.0 x", "open/=begun 1.0.0 " + "0".repeat(64) + " 2.0.0 "
                        + "0".repeat(64))) {
            Files.writeString(journal, content);
            f.scanned();
            runs(f, "1.0.0");
            assertEquals("active", f.state("acme.jar"));
            f.end();
            assertEquals(content, Files.readString(journal.resolveSibling("staging.updates.bad")), "a copy stays");
        }
    }

    @Test
    void journalThatCannotBeWrittenBeginsNoUpdate() throws Exception {
        Path blocked = Files.createDirectory(f.staging.resolveSibling("staging.updates.tmp"));
        update("acme-2.jar", "2.0.0");
        runs(f, "1.0.0");
        assertEquals("failed", f.state("acme-2.jar"));
        assertTrue(f.row("acme-2.jar").reason().contains("the update was not begun"), f.row("acme-2.jar").reason());
        assertEquals(List.of(), f.core.updates);
        Files.delete(blocked);
        assertEquals("done", f.updates().update("acme", Optional.empty()).phase());
    }

    @Test
    void heldDriverKeepsItsBuildOverARestartThoughItsFileIsOverwritten() throws Exception {
        f.updates().hold("acme");
        update("acme.jar", "2.0.0");
        runs(f, "1.0.0");
        held(f, "acme.jar", "the driver is held at version 1.0.0");
        restartOn(killed());
        runs(next, "1.0.0");
        held(next, "acme.jar", "the driver is held at version 1.0.0");
        next.updates().unhold("acme");
        runs(next, "2.0.0");
        assertEquals("active", next.state("acme.jar"));
        assertTrue(f.eventTypes().contains("update-held"));
        assertEquals(List.of("the driver is held at version 1.0.0"), f.updates().holds().stream()
                .map(hold -> hold.reason()).toList());
        assertEquals(List.of(), next.updates().holds());
    }

    @Test
    void heldDriverIsUpdatedWhenAskedAndHeldThere() throws Exception {
        f.updates().hold("acme");
        update("acme.jar", "2.0.0");
        assertEquals("done", f.updates().update("acme", Optional.empty()).phase());
        runs(f, "2.0.0");
        update("acme.jar", "3.0.0");
        runs(f, "2.0.0");
        held(f, "acme.jar", "held at version 2.0.0");
    }

    @Test
    void holdWhileFunctionsMoveHoldsTheBuildThatComes() throws Exception {
        f.core.moves = function -> {
            holdMeanwhile();
            return null;
        };
        update("acme.jar", "2.0.0");
        runs(f, "2.0.0");
        assertEquals(List.of("the driver is held at version 2.0.0"),
                f.updates().holds().stream().map(one -> one.reason()).toList());
    }

    private void holdMeanwhile() {
        if (f.updates().holds().isEmpty()) {
            CompletableFuture.runAsync(() -> f.updates().hold("acme"));
            await().until(() -> !f.updates().holds().isEmpty());
        }
    }

    @Test
    void holdWhileFunctionsMoveHoldsTheFormerBuildWhereTheOtherFails() throws Exception {
        f.core.moves = function -> {
            holdMeanwhile();
            return new VfioException(Errno.EIO, "no");
        };
        update("acme-2.jar", "2.0.0");
        runs(f, "1.0.0");
        assertEquals(List.of("the driver is held at version 1.0.0"),
                f.updates().holds().stream().map(one -> one.reason()).toList());
    }

    @Test
    void onlyTheBuildThatAnUpdateWouldBringIsHeld() throws Exception {
        f.updates().hold("acme");
        update("acme-2.jar", "2.0.0");
        held(f, "acme-2.jar", "held at version 1.0.0");
        update("acme-3.jar", "3.0.0");
        held(f, "acme-3.jar", "held at version 1.0.0");
        assertEquals("superseded", f.state("acme-2.jar"));
        assertEquals("version 3.0.0 is higher", f.row("acme-2.jar").reason());
        f.deploy.pin("acme", "2.0.0");
        f.deploy.rescan();
        held(f, "acme-2.jar", "held at version 1.0.0");
        assertEquals("pinned to version 2.0.0", f.row("acme-3.jar").reason());
        f.updates().update("acme", Optional.empty());
        runs(f, "2.0.0");
        assertEquals("active", f.state("acme-2.jar"));
        f.deploy.unpin("acme");
        f.deploy.rescan();
        held(f, "acme-3.jar", "held at version 2.0.0");
        assertEquals("version 3.0.0 is higher", f.row("acme.jar").reason());
    }

    @Test
    void heldDriverWhoseUpdateFailsIsHeldAsBefore() throws Exception {
        f.updates().hold("acme");
        update("acme.jar", "2.0.0");
        f.core.moves = function -> new VfioException(Errno.EIO, "no");
        assertThrows(VfioException.class, () -> f.updates().update("acme", Optional.empty()));
        runs(f, "1.0.0");
        update("acme.jar", "3.0.0");
        runs(f, "1.0.0");
        held(f, "acme.jar", "held at version 1.0.0");
    }

    @Test
    void heldDriverGoesWithItsFile() throws Exception {
        f.updates().hold("acme");
        Files.delete(file("acme.jar"));
        f.deploy.rescan();
        assertEquals(List.of(), f.ours());
        update("acme.jar", "2.0.0");
        runs(f, "2.0.0");
    }

    @Test
    void rollbackBringsTheBuildBeforeLiveAndKeepsItOverARestart() throws Exception {
        update("acme.jar", "2.0.0");
        f.core.updates.clear();
        UpdateRow row = f.updates().rollback("acme");
        assertEquals("done", row.phase());
        assertEquals("1.0.0", row.to().split(" ")[0]);
        assertEquals(List.of("stage [2.0.0] 1.0.0", "move " + A, "move " + B, "serve true", "close"), f.core.updates);
        runs(f, "1.0.0");
        assertEquals(List.of(A + " 1.0.0", B + " 1.0.0"), f.core.owned());
        held(f, "acme.jar", "rolled back to version 1.0.0");
        assertEquals(List.of("the driver was rolled back to version 1.0.0; an update ends that"),
                f.updates().holds().stream().map(hold -> hold.reason()).toList());
        restartOn(killed());
        runs(next, "1.0.0");
        held(next, "acme.jar", "rolled back to version 1.0.0");
        assertEquals("done", next.updates().update("acme", Optional.empty()).phase());
        runs(next, "2.0.0");
        assertEquals("active", next.state("acme.jar"));
    }

    @Test
    void eachOfManyRollbacksInTheSoakWorks() throws Exception {
        update("acme-2.jar", "2.0.0");
        f.soakSeconds = 600;
        f.end();
        f.scanned();
        for (String version : List.of("1.0.0", "2.0.0", "1.0.0", "2.0.0")) {
            f.updates().rollback("acme");
            assertEquals(List.of(A + " " + version, B + " " + version), f.core.owned());
        }
    }

    @Test
    void rollbackIsOverTwice() throws Exception {
        update("acme-2.jar", "2.0.0");
        f.updates().rollback("acme");
        runs(f, "1.0.0");
        assertEquals("active", f.state("acme.jar"));
        assertEquals("held", f.state("acme-2.jar"));
        f.updates().rollback("acme");
        runs(f, "2.0.0");
        assertEquals("active", f.state("acme-2.jar"));
    }

    @Test
    void rolledBackDriverGoesOnThoughTheOtherFileIsDeleted() throws Exception {
        update("acme.jar", "2.0.0");
        f.updates().rollback("acme");
        Files.delete(file("acme.jar"));
        f.deploy.rescan();
        runs(f, "1.0.0");
        update("acme.jar", "2.0.1");
        runs(f, "1.0.0");
        held(f, "acme.jar", "rolled back");
        f.updates().unhold("acme");
        runs(f, "2.0.1");
    }

    @Test
    void rollbackInTheSoakGivesTheFunctionsBack() throws Exception {
        f.soakSeconds = 600;
        f.end();
        f.scanned();
        update("acme-2.jar", "2.0.0");
        assertEquals("back", f.updates().rollback("acme").phase());
        runs(f, "1.0.0");
        assertEquals(List.of(A + " 1.0.0", B + " 1.0.0"), f.core.owned());
        assertEquals("held", f.state("acme-2.jar"));
        assertTrue(f.core.updates.contains("back " + A));
    }

    private Path updatedAndSoaking() throws Exception {
        f.soakSeconds = 600;
        f.end();
        f.scanned();
        update("acme-2.jar", "2.0.0");
        f.core.backs = function -> function.equals(A) ? new VfioException(Kind.NOT_HANDED_OVER, Errno.EIO, "a bug") : null;
        f.core.calls.clear();
        return file("acme-2.jar");
    }

    private void keptByTheNext() {
        assertEquals(List.of("acme 1.0.0", "acme 2.0.0"), f.running());
        assertEquals(List.of(A + " 2.0.0", B + " 2.0.0"), f.core.owned());
        UpdateRow row = f.updates().updates().get(0);
        assertEquals("soaking", row.phase());
        assertTrue(row.reason().contains("did not give back " + A + ": a bug"), row.reason());
        assertEquals(List.of(), f.core.calls, "nobody is asked to let go");
    }

    @Test
    void rollbackInTheSoakThatOneFunctionDoesNotFollowLeavesAllWhereTheyWork() throws Exception {
        updatedAndSoaking();
        VfioException refused = assertThrows(VfioException.class, () -> f.updates().rollback("acme"));
        assertEquals(Errno.EIO, refused.errno());
        assertTrue(refused.getMessage().contains("did not give back " + A + ": a bug"), refused.getMessage());
        keptByTheNext();
        assertEquals("active", f.state("acme-2.jar"));
        assertEquals("superseded", f.state("acme.jar"));
        assertEquals(List.of(), f.updates().holds());
        f.core.backs = function -> null;
        assertEquals("back", f.updates().rollback("acme").phase());
        runs(f, "1.0.0");
    }

    @Test
    void busyFunctionIsGivenBackALittleLater() throws Exception {
        updatedAndSoaking();
        AtomicInteger tries = new AtomicInteger();
        f.core.backs = function -> tries.incrementAndGet() < 3 ? new VfioException(Errno.EBUSY, "a call") : null;
        assertEquals("back", f.updates().rollback("acme").phase());
        assertEquals(List.of(A + " 1.0.0", B + " 1.0.0"), f.core.owned());
    }

    @Test
    void illBuildIsNotAskedWhetherItGivesBack() throws Exception {
        updatedAndSoaking();
        f.core.illness = "a lie";
        assertEquals("back", f.updates().rollback("acme").phase());
        runs(f, "1.0.0");
    }

    @Test
    void deletionInTheSoakThatOneFunctionDoesNotFollowLeavesAllWhereTheyWork() throws Exception {
        Files.delete(updatedAndSoaking());
        f.deploy.rescan();
        keptByTheNext();
        assertEquals("failed", f.state("acme.jar"));
        assertTrue(f.row("acme.jar").reason().contains("version 2.0.0 keeps running"), f.row("acme.jar").reason());
        f.deploy.rescan();
        keptByTheNext();
        update("acme-3.jar", "3.0.0");
        assertEquals(List.of(A + " 3.0.0", B + " 3.0.0"), f.core.owned());
    }

    @Test
    void rollbackToABuildThatFailsLeavesTheRunningOne() throws Exception {
        update("acme.jar", "2.0.0");
        f.core.moves = function -> new VfioException(Errno.EIO, "not back");
        VfioException refused = assertThrows(VfioException.class, () -> f.updates().rollback("acme"));
        assertEquals(Errno.EIO, refused.errno());
        assertTrue(refused.getMessage().contains("not back"), refused.getMessage());
        runs(f, "2.0.0");
        assertEquals("active", f.state("acme.jar"));
        f.deploy.rescan();
        runs(f, "2.0.0");
    }

    @Test
    void buildThatCannotStartAfterAKillGivesWayToTheOther() throws Exception {
        Jars.driver("acme", "1.5.0").activator(ThrowingActivator.class).writeTo(file("bad.jar"));
        f.deploy.rescan();
        assertEquals("failed", f.state("bad.jar"));
        f.updates().hold("acme");
        f.deploy.rescan();
        restartOn(killed());
        runs(next, "1.0.0");
    }

    @Test
    void nextLifeOfDeploymentGoesOnWithAMixedUpdate() throws Exception {
        f.core.moves = function -> function.equals(B) ? new VfioException(Errno.EIO, "no") : null;
        update("acme.jar", "2.0.0");
        f.end();
        assertEquals(List.of("acme 1.0.0", "acme 2.0.0"), f.running());
        f.core.moves = function -> null;
        f.scanned();
        await().until(() -> f.running().equals(List.of("acme 2.0.0")));
        assertEquals(List.of(A + " 2.0.0", B + " 2.0.0"), f.core.owned());
        await().until(() -> new Journal(f.staging.resolveSibling("staging.updates")).open().equals(Map.of()));
    }

    @Test
    void holdsThatCannotBeReadAreNoHolds() throws Exception {
        f.end();
        Files.writeString(f.staging.resolveSibling("staging.holds"), "acme=held 1.0.0 nothing\nbcme=what\n");
        f.scanned();
        update("acme.jar", "2.0.0");
        runs(f, "2.0.0");
    }

    @Test
    void buildBeforeIsStagedAndOthersAreNot() throws Exception {
        update("acme.jar", "2.0.0");
        assertEquals(2, f.staged().size());
        update("acme.jar", "3.0.0");
        assertEquals(2, f.staged().size());
        Files.delete(file("acme.jar"));
        f.deploy.rescan();
        assertEquals(0, f.staged().size());
        assertEquals(List.of(), f.updates().updates());
    }
}
