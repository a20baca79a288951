// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.file.TrustedPath;

/** The deploy thread when a round fails, and those who wait for it. */
class DeployLoopTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int ROUNDS = 500;
    private static final Duration SHORT = Duration.ofMillis(100);

    @TempDir
    Path home;
    private Fixture f;
    private Path folder;
    private Staging staging;
    private DriverBundles bundles;
    private Reconciler deployment;
    private DeployLoop loop;
    private final AtomicReference<Error> fails = new AtomicReference<>();

    @BeforeEach
    void loopOnAnEmptyFolder() throws Exception {
        f = new Fixture(home);
        folder = Files.createSymbolicLink(home.resolve("link"), f.folder);
        staging = new Staging(f.staging, Set::of);
        bundles = new DriverBundles(f.context(), LONG, new DriverWiring(f.context()), new AbandonedBundles(f.core));
        Installer steps = new Installer(bundles, staging, () -> new ComponentStates(null));
        Swap swap = new Swap(bundles, steps, f.core, f.events);
        Journal journal = new Journal(home.resolve("updates"));
        OpenUpdates updates = new OpenUpdates(new UpdateMeans(f.core, f.core, steps, journal, f.events, new PauseHistogram(),
                new LeavingLoaders(f.events), UpdateSettings.of("keep", 0, 0, 0, 5_000), new EndSign()));
        Wishes wishes = new Wishes(new Pins(home.resolve("pins")), new Holds(home.resolve("holds")), staging);
        Transactions transactions = new Transactions(LONG, () -> loop.wake());
        deployment = new Reconciler(staging, new Trust(TrustedPath.ofThisProcess()), bundles, swap, updates, wishes,
                new FormerRun(bundles, swap, journal, wishes, updates, transactions), transactions);
        FileArrivals arrivals = new FileArrivals(Duration.ofMillis(10), Duration.ofDays(1), System::nanoTime);
        loop = new DeployLoop(new FolderScan(List.of(folder)), arrivals, deployment, Duration.ofMillis(10), Duration.ZERO,
                this::failOnce, () -> { }, LONG);
        loop.start();
        loop.ask("begin", LONG, () -> null);
    }

    @AfterEach
    void stop() throws Exception {
        loop.close();
        bundles.close();
        staging.close();
        f.close();
    }

    private static final class WarningHandler extends Handler {
        private final AtomicInteger warnings;

        private WarningHandler(AtomicInteger warnings) {
            this.warnings = warnings;
        }

        @Override
        public void publish(LogRecord line) {
            if (line.getLevel().equals(Level.WARNING)) {
                warnings.incrementAndGet();
            }
        }

        @Override
        public void flush() {
            // Nothing is kept.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    private void failOnce() {
        Error error = fails.getAndSet(null);
        if (error != null) {
            throw error;
        }
    }

    private static VfioException refused(Errno errno, Runnable ask) {
        VfioException e = assertThrows(VfioException.class, ask::run);
        assertEquals(errno, e.errno(), e.sentence());
        return e;
    }

    /** So that the folder is not settled until it is gone. */
    private Path fileStillBeingCopied() throws Exception {
        Path file = Files.write(f.folder.resolve("a.jar"), new byte[] {'P', 'K', 3, 4});
        return Files.setLastModifiedTime(file, FileTime.from(Instant.now().plus(Duration.ofDays(1))));
    }

    @Test
    void roundThatFailsIsToldToWhoAskedAndTheNextOneRuns() {
        for (Error error : List.of(new OutOfMemoryError("heap"), new StackOverflowError(), new NoClassDefFoundError("x"))) {
            fails.set(error);
            VfioException e = refused(Errno.EIO, () -> loop.ask("rescan", LONG, () -> null));
            assertTrue(e.sentence().contains(error.getClass().getSimpleName()), e.sentence());
            assertEquals("fine", loop.ask("rescan", LONG, () -> "fine"));
        }
    }

    @Test
    void errorOfWhatWasAskedIsItsAskersAlone() {
        refused(Errno.EIO, () -> loop.ask("pin", LONG, () -> {
            throw new OutOfMemoryError("heap");
        }));
        assertEquals("fine", loop.ask("rescan", LONG, () -> "fine"));
    }

    /** Answers the number of the file's latest change that the deploy thread knows. */
    private long arrival() {
        return loop.ask("rescan", LONG, () -> deployment.files().all().stream().mapToLong(file -> file.arrival)
                .max().orElse(0));
    }

    @Test
    void whatIsAskedFindsTheFolderAsItIsAlthoughTransactionsEndMeanwhile() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        Thread ends = new Thread(() -> {
            while (!over.get()) {
                loop.wake();
            }
        });
        ends.start();
        try {
            long before = arrival();
            for (int i = 1; i <= ROUNDS; i++) {
                Path next = Files.writeString(home.resolve("next"), "no zip");
                Files.setLastModifiedTime(next, FileTime.fromMillis(i));
                Files.move(next, f.folder.resolve("a.jar"), StandardCopyOption.ATOMIC_MOVE);
                long now = arrival();
                assertTrue(now > before, "change " + i + " was not seen");
                before = now;
            }
        } finally {
            over.set(true);
            ends.join();
        }
    }

    /** In one step, so that the folder is never missing. */
    private void folderIs(Path target) throws Exception {
        Path next = Files.createSymbolicLink(home.resolve("next"), target);
        Files.move(next, folder, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void folderThatCannotBeListedTakesNoDriverAwayAndIsReadAgainLater() throws Exception {
        Path file = Jars.driver("acme", "1.0.0").writeTo(f.folder.resolve("a.jar"));
        loop.ask("rescan", LONG, () -> null);
        AtomicInteger warnings = new AtomicInteger();
        Handler handler = new WarningHandler(warnings);
        Logger logger = Logger.getLogger(DeployLoop.class.getName());
        logger.addHandler(handler);
        try {
            folderIs(folder); // a link to itself: neither a folder nor missing
            for (int round = 0; round < 3; round++) {
                loop.ask("rescan", LONG, () -> null);
            }
            assertEquals(List.of("acme 1.0.0"), f.running());
            assertEquals(1, warnings.get());
        } finally {
            logger.removeHandler(handler);
        }
        Files.delete(file);
        folderIs(f.folder);
        await().until(() -> f.ours().isEmpty()); // though nothing has signalled it
    }

    @Test
    void requestThatTimedOutIsNotDoneLater() throws Exception {
        Path file = fileStillBeingCopied();
        AtomicBoolean done = new AtomicBoolean();
        VfioException e = refused(Errno.ETIMEDOUT, () -> loop.ask("pin acme", SHORT, () -> {
            done.set(true);
            return null;
        }));
        assertTrue(e.sentence().startsWith("pin acme: not done"), e.sentence());
        Files.delete(file);
        loop.signal();
        loop.ask("rescan", LONG, () -> null);
        assertFalse(done.get());
    }

    @Test
    void requestThatHasBegunSaysThatItGoesOn() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        VfioException e = refused(Errno.ETIMEDOUT, () -> loop.ask("pin acme", SHORT, () -> {
            release.await();
            done.countDown();
            return null;
        }));
        assertTrue(e.sentence().startsWith("pin acme: has begun and goes on"), e.sentence());
        release.countDown();
        done.await();
    }
}
