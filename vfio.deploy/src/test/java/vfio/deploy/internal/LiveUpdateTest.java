// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.deploy.UpdateAdmin.PauseRow;
import vfio.deploy.UpdateAdmin.Pauses;
import vfio.deploy.UpdateAdmin.Policy;
import vfio.deploy.UpdateAdmin.StepRow;
import vfio.deploy.UpdateAdmin.UpdateRow;
import vfio.deploy.sample.HangingActivator;
import vfio.deploy.sample.ThrowingActivator;

/** A build takes the functions of another while both run; whatever goes wrong, the former one goes on. */
class LiveUpdateTest extends DeployedFolder {
    private static final String A = "emulated/0000:01:00.0";
    private static final String B = "emulated/0000:02:00.0";
    private static final String C = "emulated/0000:03:00.0";
    private static final VfioException BUSY = new VfioException(Errno.EBUSY, "a call is under way");
    private static final VfioException NO_WAY = new VfioException(Errno.EOPNOTSUPP, "there is no way while it is open");

    @BeforeEach
    void oneVersionHasThreeFunctions() throws Exception {
        f.startLimitMillis = 500;
        driver("1.0.0").writeTo(file("acme.jar"));
        f.scanned();
        f.core.give("acme", A, B, C);
        List.of(A, B, C).forEach(function -> f.core.ways.put(function, "none"));
    }

    private static Jars driver(String version) {
        return Jars.driver("acme", version);
    }

    /** Sets a policy or a soak: by another life of deployment, which takes over what runs. */
    private void restarted() throws Exception {
        f.end();
        f.scanned();
    }

    private void policy(Policy policy) throws Exception {
        f.updatePolicy = policy.name().toLowerCase(Locale.ROOT);
        restarted();
    }

    private void soak(long seconds) throws Exception {
        f.soakSeconds = seconds;
        restarted();
    }

    private Path update(String version) throws Exception {
        Path file = driver(version).writeTo(file("acme-" + version + ".jar"));
        f.deploy.rescan();
        return file;
    }

    private void owned(String a, String b, String c) {
        assertEquals(List.of(A + " " + a, B + " " + b, C + " " + c), f.core.owned());
    }

    private UpdateRow row() {
        return f.updates().updates().get(0);
    }

    private void phase(String phase, int moved, int stayed) {
        UpdateRow row = row();
        assertEquals(phase + " " + moved + " " + stayed, row.phase() + " " + row.moved() + " " + row.stayed(), row::toString);
    }

    /** The former build alone runs, with its functions, and the file says why. */
    private void formerGoesOn(String version, String part) {
        assertEquals(List.of("acme 1.0.0"), f.running());
        assertEquals(1, f.ours().size());
        owned("1.0.0", "1.0.0", "1.0.0");
        String file = "acme-" + version + ".jar";
        assertEquals("failed", f.state(file));
        assertTrue(f.row(file).reason().contains(part), f.row(file).reason());
        assertTrue(f.row(file).reason().contains("version 1.0.0 keeps running"), f.row(file).reason());
        assertEquals(Map.of(), new Journal(f.staging.resolveSibling("staging.updates")).open());
    }

    private static VfioException eio() {
        return new VfioException(Errno.EIO, "the probe threw");
    }

    @Test
    void functionsGoOverOneAfterTheOtherAndTheFormerBuildLeaves() throws Exception {
        f.core.ways.put(A, "idle");
        update("2.0.0");
        owned("2.0.0", "2.0.0", "2.0.0");
        assertEquals(List.of("acme 2.0.0"), f.running());
        assertEquals(1, f.ours().size());
        assertEquals(List.of("stage [1.0.0] 2.0.0", "move " + B, "move " + C, "move " + A, "serve true", "close"),
                f.core.updates, "an open one first");
        assertEquals(List.of("retire acme 1.0.0 state 32", "close"), f.core.calls);
        assertEquals("superseded", f.state("acme.jar"));
        assertEquals("active", f.state("acme-2.0.0.jar"));
        phase("done", 3, 0);
        assertEquals("1.0.0", row().from().split(" ")[0]);
        assertEquals(List.of("update-begun", "bundle-updated", "update-done"), f.eventTypes().stream()
                .filter(type -> type.contains("update")).toList());
        String text = f.events.after(0, 1000, Duration.ZERO).stream()
                .filter(event -> event.type().equals("bundle-updated")).findFirst().orElseThrow().text();
        assertEquals("1.0.0 by 2.0.0, functions moved: 3, 2 of them open, longest pause 20 us", text);
    }

    @Test
    void whileItSoaksEachBuildHasOneRowAmongTheDrivers() throws Exception {
        soak(60);
        update("2.0.0");
        phase("soaking", 3, 0);
        assertEquals(List.of("1.0.0 active acme.jar superseded", "2.0.0 active acme-2.0.0.jar active"), drivers());
    }

    private List<String> drivers() {
        return f.deploy.drivers().stream().map(row -> row.version() + " " + row.bundleState() + " " + row.file() + " "
                + row.fileState()).sorted().toList();
    }

    @Test
    void whileFunctionsMoveEachBuildHasOneRowAmongTheDrivers() throws Exception {
        Set<List<String>> seen = ConcurrentHashMap.newKeySet();
        f.core.moves = function -> {
            await().until(() -> f.state("acme-2.0.0.jar").equals("waiting"));
            seen.add(drivers());
            return null;
        };
        update("2.0.0");
        assertEquals(Set.of(List.of("1.0.0 active acme.jar active", "2.0.0 active acme-2.0.0.jar waiting")), seen);
    }

    @Test
    void whileARollbackSoaksEachBuildHasOneRowAmongTheDrivers() throws Exception {
        update("2.0.0");
        soak(600);
        f.updates().rollback("acme");
        assertEquals(List.of("1.0.0 active acme.jar active", "2.0.0 active acme-2.0.0.jar held"), drivers());
    }

    @Test
    void aNameThatIsNoneIsHelped() {
        String message = assertThrows(VfioException.class, () -> f.updates().hold("acne")).getMessage();
        assertTrue(message.contains("there is no driver bundle 'acne'") && message.contains("did you mean acme?"), message);
    }

    @Test
    void pausesAreThoseOfOpenFunctions() throws Exception {
        assertEquals(new Pauses(0, 0, 0, 0, List.of()), f.updates().pauses());
        f.core.ways.put(A, "idle");
        update("2.0.0");
        Pauses pauses = f.updates().pauses();
        assertEquals(2, pauses.exchanges());
        assertEquals(2, pauses.waited());
        assertEquals(16, pauses.bytes());
        PauseRow last = pauses.percentiles().get(pauses.percentiles().size() - 1);
        assertEquals(100, last.percentile());
        assertEquals(2, last.count());
        assertEquals(20_000, last.nanos(), 20);
    }

    @Test
    void buildThatDoesNotStartChangesNothing() throws Exception {
        driver("2.0.0").activator(ThrowingActivator.class).writeTo(file("acme-2.0.0.jar"));
        f.deploy.rescan();
        formerGoesOn("2.0.0", "firmware");
        assertEquals(List.of("stage [1.0.0] 2.0.0", "close"), f.core.updates);
        phase("failed", 0, 0);
    }

    @Test
    void buildThatHangsInItsStartIsGivenUp() throws Exception {
        driver("2.0.0").activator(HangingActivator.class).writeTo(file("acme-2.0.0.jar"));
        f.deploy.rescan();
        assertEquals(List.of("acme 1.0.0"), f.running());
        owned("1.0.0", "1.0.0", "1.0.0");
        assertTrue(f.core.calls.contains("give up acme"), f.core.calls.toString());
        assertEquals("failed", f.state("acme-2.0.0.jar"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ALL", "KEEP", "IDLE", "DRAIN"})
    void failureAtTheFirstFunctionUndoesTheUpdateWhateverThePolicy(String policy) throws Exception {
        policy(Policy.valueOf(policy));
        f.core.moves = function -> eio();
        update("2.0.0");
        formerGoesOn("2.0.0", A + " was not taken over: the probe threw");
        assertEquals(List.of("stage [1.0.0] 2.0.0", "move " + A, "close"), f.core.updates);
        phase("failed", 0, 3);
    }

    @Test
    void errorAtTheFirstFunctionIsAFailureToo() throws Exception {
        f.core.moves = function -> {
            throw new NoClassDefFoundError("a/b/C");
        };
        update("2.0.0");
        formerGoesOn("2.0.0", "NoClassDefFoundError");
    }

    @Test
    void illnessAfterTheFirstFunctionUndoesTheUpdate() throws Exception {
        f.core.illness = "a read answered nothing";
        update("2.0.0");
        formerGoesOn("2.0.0", "a read answered nothing");
        assertEquals(List.of("stage [1.0.0] 2.0.0", "move " + A, "back " + A, "close"), f.core.updates);
    }

    @Test
    void failureAtALaterFunctionUndoesAllUnderAll() throws Exception {
        policy(Policy.ALL);
        f.core.moves = function -> function.equals(C) ? eio() : null;
        update("2.0.0");
        formerGoesOn("2.0.0", C + " was not taken over: the probe threw");
        assertEquals(List.of("back " + B, "back " + A), f.core.updates.stream().filter(call -> call.startsWith("back"))
                .toList());
        assertTrue(f.eventTypes().contains("update-back"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"KEEP", "IDLE"})
    void failureAtALaterFunctionLeavesThatOneOnTheFormerBuild(String policy) throws Exception {
        policy(Policy.valueOf(policy));
        f.core.moves = function -> function.equals(C) ? eio() : null;
        update("2.0.0");
        owned("2.0.0", "2.0.0", "1.0.0");
        assertEquals(List.of("acme 1.0.0", "acme 2.0.0"), f.running());
        assertEquals("active", f.state("acme-2.0.0.jar"));
        assertTrue(f.core.updates.contains("serve " + policy.equals("IDLE")), "not at a close: the operator says");
        phase("mixed", 2, 1);
        assertTrue(row().reason().contains("the probe threw"), row().reason());
        assertTrue(f.eventTypes().contains("update-mixed"));
        f.core.moves = function -> null;
        UpdateRow row = f.updates().update("acme", Optional.empty());
        assertEquals("done", row.phase());
        owned("2.0.0", "2.0.0", "2.0.0");
        assertEquals(List.of("acme 2.0.0"), f.running());
    }

    @Test
    void busyFunctionIsTriedAgainAfterTheOthers() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        f.core.moves = function -> function.equals(A) && tries.incrementAndGet() < 3 ? BUSY : null;
        update("2.0.0");
        owned("2.0.0", "2.0.0", "2.0.0");
        assertEquals(List.of("move " + A, "move " + B, "move " + C, "move " + A, "move " + A),
                f.core.updates.stream().filter(call -> call.startsWith("move")).toList());
    }

    @Test
    void functionThatStaysBusyIsTriedAgainByItself() throws Exception {
        f.core.moves = function -> function.equals(B) ? BUSY : null;
        update("2.0.0");
        phase("mixed", 2, 1);
        owned("2.0.0", "1.0.0", "2.0.0");
        f.core.moves = function -> null;
        await().until(() -> row().phase().equals("done"));
        owned("2.0.0", "2.0.0", "2.0.0");
        assertEquals(List.of("acme 2.0.0"), f.running());
    }

    @Test
    void busyFunctionUndoesAllUnderAll() throws Exception {
        policy(Policy.ALL);
        f.core.moves = function -> function.equals(B) ? BUSY : null;
        update("2.0.0");
        formerGoesOn("2.0.0", "not all functions could go over");
    }

    @ParameterizedTest
    @ValueSource(strings = {"KEEP", "IDLE"})
    void functionWithoutAWayGoesOverAtItsLastClose(String policy) throws Exception {
        policy(Policy.valueOf(policy));
        f.core.ways.put(B, "close");
        f.core.moves = function -> function.equals(B) ? NO_WAY : null;
        update("2.0.0");
        phase("mixed", 2, 1);
        assertTrue(f.core.updates.contains("serve true"));
        f.core.owners.put(B, f.core.owners.get(A)); // as the core does at the close
        await().until(() -> row().phase().equals("done"));
        assertEquals(List.of("acme 2.0.0"), f.running());
    }

    @Test
    void functionWithoutAWayIsDrainedUnderDrain() throws Exception {
        policy(Policy.DRAIN);
        f.core.ways.put(B, "close");
        f.core.moves = function -> function.equals(B) ? NO_WAY : null;
        f.core.calls.clear();
        update("2.0.0");
        assertEquals(List.of("retire acme 1.0.0 state 32", "restore", "close", "retire acme 1.0.0 state 32", "close"),
                f.core.calls);
        phase("done", 3, 0);
        assertEquals(List.of("acme 2.0.0"), f.running());
    }

    @Test
    void functionThatADrainLeavesWithoutADriverIsTold() throws Exception {
        f.updates().hold("acme");
        update("2.0.0");
        f.core.ways.put(B, "close");
        f.core.moves = function -> function.equals(B) ? NO_WAY : null;
        f.core.restores = () -> Map.of(B, "there is no driver acme");
        VfioException told = assertThrows(VfioException.class,
                () -> f.updates().update("acme", Optional.of(Policy.DRAIN)));
        assertEquals(Errno.EIO, told.errno());
        String part = "functions are left without a driver: " + B + ": there is no driver acme";
        assertTrue(told.getMessage().contains("2.0.0 runs, but " + part), told.getMessage());
        phase("done", 2, 0);
        assertEquals(part, row().reason());
        assertTrue(f.events.after(0, 1000, Duration.ZERO).stream().anyMatch(event ->
                event.type().equals("bundle-updated") && event.text().contains(part)));
    }

    @Test
    void drainIsAskedForOneUpdate() throws Exception {
        f.core.moves = function -> function.equals(B) ? NO_WAY : null;
        f.core.ways.put(B, "close");
        update("2.0.0");
        phase("mixed", 2, 1);
        assertEquals("done", f.updates().update("acme", Optional.of(Policy.DRAIN)).phase());
        assertEquals(List.of("acme 2.0.0"), f.running());
    }

    @Test
    void functionThatIsGoneIsNoObstacle() throws Exception {
        f.core.moves = function -> {
            f.core.owners.remove(function);
            return new VfioException(Errno.ENODEV, "unplugged");
        };
        update("2.0.0");
        phase("done", 0, 0);
        assertEquals(List.of("acme 2.0.0"), f.running());
    }

    @Test
    void functionThatIsAboutToBeGoneIsNoObstacle() throws Exception {
        Set<String> tried = new HashSet<>();
        f.core.moves = function -> {
            if (!tried.add(function)) {
                f.core.owners.remove(function);
            }
            return new VfioException(Kind.LEFT, Errno.ENODEV, "the device leaves");
        };
        update("2.0.0");
        phase("done", 0, 0);
        assertEquals(List.of("acme 2.0.0"), f.running());
    }

    @Test
    void functionThatTheNextDriverDeclinesIsNotGone() throws Exception {
        f.core.moves = function -> new VfioException(Errno.ENODEV, "its firmware is too old");
        update("2.0.0");
        formerGoesOn("2.0.0", A + " was not taken over: its firmware is too old");
        phase("failed", 0, 3);
    }

    @Test
    void functionThatTheFormerDriverLosesIsTold() throws Exception {
        f.core.moves = function -> {
            if (function.equals(B)) {
                f.core.owners.remove(B);
                return new VfioException(Kind.STUCK, Errno.EIO, "the former driver did not come back");
            }
            return null;
        };
        update("2.0.0");
        phase("done", 2, 0);
        assertTrue(f.events.after(0, 1000, Duration.ZERO).stream().anyMatch(event ->
                event.type().equals("bundle-updated") && event.text().contains("lost: " + B)));
    }

    @Test
    void formerBuildStaysStartedForTheSoakAndTheFileIsActiveMeanwhile() throws Exception {
        soak(600);
        update("2.0.0");
        assertEquals("active", f.state("acme-2.0.0.jar"));
        assertEquals("superseded", f.state("acme.jar"));
        assertEquals(List.of("acme 1.0.0", "acme 2.0.0"), f.running());
        phase("soaking", 3, 0);
        f.deploy.rescan();
        phase("soaking", 3, 0);
    }

    @Test
    void soakEndsWithItsTime() throws Exception {
        soak(1);
        update("2.0.0");
        await().until(() -> row().phase().equals("done"));
        assertEquals(List.of("acme 2.0.0"), f.running());
    }

    @Test
    void soakEndsEarlierWithItsOperations() throws Exception {
        f.soakOperations = 100;
        soak(600);
        update("2.0.0");
        phase("soaking", 3, 0);
        f.core.operations = 100;
        await().until(() -> row().phase().equals("done"));
        assertEquals(List.of("acme 2.0.0"), f.running());
    }

    @Test
    void illnessInTheSoakGivesAllBack() throws Exception {
        soak(600);
        update("2.0.0");
        f.core.illness = "healthy answered false";
        await().until(() -> row().phase().equals("back"));
        f.deploy.rescan();
        formerGoesOn("2.0.0", "version 2.0.0 does not work: healthy answered false");
        assertEquals(List.of("withdraw", "back " + C, "back " + B, "back " + A, "close"),
                f.core.updates.subList(f.core.updates.size() - 5, f.core.updates.size()));
        assertEquals("active", f.state("acme.jar"));
        assertEquals(3, f.updates().pauses().back());
        assertTrue(f.eventTypes().contains("update-back"));
    }

    @Test
    void illnessOfAMixedUpdateGivesAllBackToo() throws Exception {
        f.core.moves = function -> function.equals(C) ? eio() : null;
        update("2.0.0");
        phase("mixed", 2, 1);
        f.core.illness = "a call took too long";
        await().until(() -> row().phase().equals("back"));
        f.deploy.rescan();
        formerGoesOn("2.0.0", "a call took too long");
    }

    @Test
    void functionThatCannotBeGivenBackIsBoundAgainAndTold() throws Exception {
        soak(600);
        update("2.0.0");
        f.core.backs = function -> function.equals(B) ? new VfioException(Kind.STUCK, Errno.EIO, "users have lost it") : null;
        f.core.illness = "a lie";
        await().until(() -> row().phase().equals("back"));
        assertTrue(row().reason().contains("users have lost " + B), row().reason());
        owned("1.0.0", "1.0.0", "1.0.0");
    }

    @Test
    void thirdBuildEndsTheSoakFirst() throws Exception {
        soak(600);
        update("2.0.0");
        update("3.0.0");
        assertEquals(List.of("acme 2.0.0", "acme 3.0.0"), f.running());
        owned("3.0.0", "3.0.0", "3.0.0");
        assertTrue(f.core.updates.contains("stage [2.0.0] 3.0.0"), f.core.updates.toString());
        assertEquals("superseded", f.state("acme-2.0.0.jar"));
    }

    @Test
    void formerBuildThatIsWantedAgainInTheSoakGetsItsFunctionsBack() throws Exception {
        soak(600);
        Path file = update("2.0.0");
        Files.delete(file);
        f.deploy.rescan();
        owned("1.0.0", "1.0.0", "1.0.0");
        assertEquals(List.of("acme 1.0.0"), f.running());
        assertEquals("active", f.state("acme.jar"));
        phase("back", 0, 3);
    }

    @Test
    void thirdBuildTakesTheFunctionsOfBothOfAMixedUpdate() throws Exception {
        f.core.moves = function -> function.equals(C) ? eio() : null;
        update("2.0.0");
        owned("2.0.0", "2.0.0", "1.0.0");
        f.core.moves = function -> null;
        update("3.0.0");
        owned("3.0.0", "3.0.0", "3.0.0");
        assertTrue(f.core.updates.contains("stage [1.0.0, 2.0.0] 3.0.0"), f.core.updates.toString());
        assertEquals(List.of("acme 3.0.0"), f.running());
        assertEquals(1, f.ours().size());
    }

    @Test
    void thirdBuildThatFailsLeavesTheMixedUpdateAsItWas() throws Exception {
        f.core.moves = function -> function.equals(C) ? eio() : null;
        update("2.0.0");
        f.core.moves = function -> eio();
        update("3.0.0");
        assertEquals("failed", f.state("acme-3.0.0.jar"));
        assertEquals("active", f.state("acme-2.0.0.jar"));
        owned("2.0.0", "2.0.0", "1.0.0");
        assertEquals(List.of("acme 1.0.0", "acme 2.0.0"), f.running());
        f.core.moves = function -> null;
        assertEquals("done", f.updates().update("acme", Optional.of(Policy.KEEP)).phase(), "3.0.0, which had failed");
        owned("3.0.0", "3.0.0", "3.0.0");
        assertEquals(List.of("acme 3.0.0"), f.running());
    }

    @Test
    void deletedDriverGoesThoughItsUpdateIsMixed() throws Exception {
        f.core.moves = function -> function.equals(C) ? eio() : null;
        Path file = update("2.0.0");
        Files.delete(file("acme.jar"));
        Files.delete(file);
        f.deploy.rescan();
        assertEquals(List.of(), f.ours());
    }

    @Test
    void nextBuildThatIsStoppedByAnotherGivesItsFunctionsBack() throws Exception {
        soak(600);
        update("2.0.0");
        f.ours().stream().filter(bundle -> bundle.getVersion().getMajor() == 2).findFirst().orElseThrow().stop();
        await().until(() -> f.running().equals(List.of("acme 1.0.0")) && f.state("acme-2.0.0.jar").equals("failed"));
        owned("1.0.0", "1.0.0", "1.0.0");
    }

    @Test
    void rateSpacesTheFunctions() throws Exception {
        f.updateRate = 50;
        restarted();
        Map<String, Long> times = new ConcurrentHashMap<>();
        f.core.moves = function -> {
            times.put(function, System.nanoTime());
            return null;
        };
        update("2.0.0");
        assertTrue(times.get(C) - times.get(A) >= 40_000_000, times::toString);
    }

    @Test
    void rowShowsHowFarTheFunctionsHaveCome() throws Exception {
        List<String> seen = new ArrayList<>();
        f.core.moves = function -> {
            seen.add(row().phase() + " " + row().moved());
            return null;
        };
        update("2.0.0");
        assertEquals(List.of("moving 0", "moving 1", "moving 2"), seen);
    }

    @Test
    void planChangesNothing() throws Exception {
        f.core.moves = function -> eio();
        update("2.0.0");
        f.core.updates.clear();
        f.core.ways.put(B, "close");
        f.core.obstacles.put(B, "its driver has a state");
        List<StepRow> plan = f.updates().plan("acme");
        assertEquals(List.of(new StepRow(A, "acme", "none", List.of(), null),
                new StepRow(B, "acme", "close", List.of(), "its driver has a state"),
                new StepRow(C, "acme", "none", List.of(), null)), plan);
        assertEquals(List.of("stage [1.0.0] 2.0.0", "close"), f.core.updates);
        formerGoesOn("2.0.0", "the probe threw");
    }

    @Test
    void planOfABuildThatDoesNotStartSaysWhy() throws Exception {
        driver("2.0.0").activator(ThrowingActivator.class).writeTo(file("acme-2.0.0.jar"));
        f.deploy.rescan();
        VfioException refused = assertThrows(VfioException.class, () -> f.updates().plan("acme"));
        assertEquals(Errno.EIO, refused.errno());
        assertTrue(refused.getMessage().contains("firmware"), refused.getMessage());
        assertEquals(List.of("acme 1.0.0"), f.running());
        assertEquals(1, f.ours().size());
    }

    @Test
    void requestsWaitForALookAtTheOpenUpdate() throws Exception {
        f.core.moves = function -> function.equals(C) ? eio() : null;
        update("2.0.0");
        for (int i = 0; i < 50; i++) { // while it is looked at every 20 ms
            assertEquals(C, f.updates().plan("acme").get(0).function());
        }
    }

    @Test
    void updateTriesAFailedBuildAgain() throws Exception {
        f.core.moves = function -> eio();
        update("2.0.0");
        VfioException failed = assertThrows(VfioException.class, () -> f.updates().update("acme", Optional.empty()));
        assertEquals(Errno.EIO, failed.errno());
        assertTrue(failed.getMessage().contains("the probe threw"), failed.getMessage());
        formerGoesOn("2.0.0", "the probe threw");
        f.core.moves = function -> null;
        assertEquals("done", f.updates().update("acme", Optional.empty()).phase());
        owned("2.0.0", "2.0.0", "2.0.0");
        assertEquals("active", f.state("acme-2.0.0.jar"));
    }

    @Test
    void updateToTheBuildThatRunsIsDoneAlready() throws Exception {
        for (int i = 0; i < 2; i++) {
            UpdateRow row = f.updates().update("acme", Optional.empty());
            assertEquals("done", row.phase());
            assertEquals("no other build of it is wanted than the one that runs", row.reason());
            f.core.moves = function -> eio();
            update("2.0.0");
            phase("failed", 0, 3);
            Files.delete(file("acme-2.0.0.jar"));
            f.deploy.rescan();
        }
        soak(600);
        f.core.moves = function -> null;
        update("2.0.0");
        assertEquals("soaking", f.updates().update("acme", Optional.empty()).phase());
    }

    @Test
    void buildsOfOneVersionAreToldByTheirDigests() throws Exception {
        driver("1.0.0").entry("note.txt", "another").writeTo(file("acme-again.jar"));
        f.deploy.rescan();
        String from = row().from();
        String to = row().to();
        assertTrue(from.startsWith("1.0.0 ") && to.startsWith("1.0.0 ") && !from.equals(to), row().toString());
        List<String> texts = f.events.after(0, 1000, Duration.ZERO).stream()
                .filter(event -> event.type().equals("update-begun") || event.type().equals("bundle-updated"))
                .map(event -> event.text().split(",")[0]).toList();
        assertEquals(List.of(from + " to " + to, from + " by " + to), texts);
    }

    @Test
    void requestsNameADriverThatIsHereAndHasSomethingToDo() {
        for (String name : Set.of("nobody", "")) {
            assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> f.updates().plan(name)).errno());
            assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> f.updates().rollback(name)).errno());
            assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> f.updates().hold(name)).errno());
        }
        assertEquals(Errno.ENOENT, assertThrows(VfioException.class, () -> f.updates().plan("acme")).errno());
        assertEquals(Errno.ENOENT, assertThrows(VfioException.class, () -> f.updates().rollback("acme")).errno());
    }
}
