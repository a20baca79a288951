// SPDX-License-Identifier: Apache-2.0
package vfio.core.driver;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.TestDriver;
import vfio.core.thread.Deadline;

class DriverWorkerTest {
    /** The common pool has a single thread on two cores, and these calls block. */
    private static final Executor OWN_THREAD = call -> new Thread(call).start();
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(200);

    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final DriverWorker worker = new DriverWorker("acme 1.0.0", faults::add);
    private final CountDownLatch release = new CountDownLatch(1);

    @AfterEach
    void end() {
        release.countDown();
        worker.close();
    }

    static final class Hostile extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("from getMessage");
        }
    }

    static Stream<Throwable> throwables() {
        return Stream.of(new Hostile(), new Error("bad"), new NoClassDefFoundError("acme/Gone"), new StackOverflowError(),
                new IllegalStateException("no\u0007\nnewline"), new Exception());
    }

    @Test
    void misdeedsAreWhatNoDriverDoesOnPurpose() {
        assertThrows(VfioException.class, () -> worker.run("open x", LONG, () -> {
            throw new VfioException(Errno.ENXIO, "not here");
        }));
        assertEquals(new DriverWorker.Misdeeds(0, null), worker.misdeeds());
        assertThrows(VfioException.class, () -> worker.run("open x", LONG, () -> {
            throw new IllegalStateException("bug");
        }));
        assertEquals(1, worker.misdeeds().count());
        assertTrue(worker.misdeeds().latest().contains("IllegalStateException: bug"), worker.misdeeds().latest());
        worker.lied(Errno.EINVAL, "it answered -1");
        assertEquals(new DriverWorker.Misdeeds(2, "it answered -1 (EINVAL, invalid argument)"), worker.misdeeds());
        assertThrows(VfioException.class, () -> worker.run("open x", SHORT, () -> TestDriver.hang(release)));
        assertEquals(3, worker.misdeeds().count());
        assertTrue(worker.misdeeds().latest().startsWith("stuck in open x"), worker.misdeeds().latest());
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void whateverIsThrownLeavesAsText(Throwable thrown) {
        VfioException e = assertThrows(VfioException.class, () -> worker.call("probe x", LONG, () -> {
            if (thrown instanceof Error error) {
                throw error;
            }
            throw (Exception) thrown;
        }));
        assertEquals(Errno.EIO, e.errno());
        assertNull(e.getCause());
        assertEquals(0, e.getSuppressed().length);
        assertTrue(e.sentence().startsWith("probe x: driver acme 1.0.0 threw " + thrown.getClass().getName()), e.sentence());
        assertTrue(e.sentence().chars().noneMatch(Character::isISOControl), e.sentence());
        assertTrue(worker.fault().isEmpty());
        assertEquals(7, worker.call("again", LONG, () -> 7));
    }

    private String said(VfioException refusal) {
        return assertThrows(VfioException.class, () -> worker.run("probe x", LONG, () -> {
            throw refusal;
        })).sentence();
    }

    @Test
    void causeThatTheRefusalQuotesIsSaidOnce() {
        VfioException kernels = new VfioException(Errno.ENOENT, "open /dev/vfio/3: no such file or directory");
        String advice = kernels.sentence() + "; bind its functions to a VFIO driver";
        assertEquals(advice, said(new VfioException(Errno.ENOENT, advice, kernels)));
        assertEquals("probe: no firmware: disk is full",
                said(new VfioException(Errno.EIO, "probe: no firmware: disk is full", new IOException("disk is full"))));
        assertEquals("probe: no group, caused by open /dev/vfio/3: no such file or directory (ENOENT)",
                said(new VfioException(Errno.EIO, "probe: no group", kernels)));
        assertEquals("probe: no firmware, caused by java.io.IOException: disk is full",
                said(new VfioException(Errno.EIO, "probe: no firmware", new IOException("disk is full"))));
    }

    @Test
    void errnoOfTheDriverIsKeptAndNothingElseOfIt() {
        VfioException own = new VfioException(Errno.ENXIO, "probe: no firmware", new Hostile());
        own.addSuppressed(new Hostile());
        VfioException e = assertThrows(VfioException.class, () -> worker.run("probe x", LONG, () -> {
            throw own;
        }));
        assertNotSame(own, e);
        assertEquals(Errno.ENXIO, e.errno());
        assertEquals("probe: no firmware, caused by " + Hostile.class.getName(), e.sentence());
        assertNull(e.getCause());
        assertEquals(0, e.getSuppressed().length);
    }

    @Test
    void longMessageIsCut() {
        VfioException e = assertThrows(VfioException.class, () -> worker.run("probe x", LONG, () -> {
            throw new IllegalStateException("m".repeat(1_000_000));
        }));
        assertTrue(e.getMessage().length() < 2000);
    }

    /** Waiting for it would be waiting for oneself. */
    @Test
    void callThatMustComeAndArisesInAnotherComesAfterThatOne() {
        List<String> order = new CopyOnWriteArrayList<>();
        worker.run("reset x", LONG, () -> {
            Errno answered = assertThrows(VfioException.class,
                    () -> worker.finish("close y", LONG, LONG, () -> order.add("close y"))).errno();
            order.add("reset x " + answered);
        });
        worker.run("next", LONG, () -> order.add("next"));
        assertEquals(List.of("reset x EBUSY", "close y", "next"), order);
        assertTrue(worker.fault().isEmpty());
    }

    @Test
    void hangMakesItFaultyWithItsStackAndItIsNeverCalledAgain() {
        VfioException e = assertThrows(VfioException.class,
                () -> worker.run("probe x", SHORT, () -> TestDriver.hang(release)));
        assertEquals(Errno.ETIMEDOUT, e.errno());
        assertEquals(1, faults.size());
        assertEquals(worker.fault().orElseThrow(), faults.get(0));
        assertTrue(faults.get(0).startsWith("stuck in probe x for 0.2 s\n  at "), faults.get(0));
        assertTrue(faults.get(0).contains("TestDriver.hang"), faults.get(0));
        AtomicBoolean called = new AtomicBoolean();
        VfioException again = assertThrows(VfioException.class, () -> worker.run("remove x", LONG, () -> called.set(true)));
        assertEquals(Errno.EIO, again.errno());
        assertTrue(again.sentence().contains("stuck in probe x"), again.sentence());
        assertFalse(called.get());
        assertEquals(1, faults.size());
    }

    @Test
    void callsWaitingBehindAHangAreRefusedAtOnceAndNeverMade() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        AtomicBoolean called = new AtomicBoolean();
        CompletableFuture<Void> hung = CompletableFuture.runAsync(() -> worker.run("probe x", Duration.ofMillis(200), () -> {
            hanging.countDown();
            TestDriver.hang(release);
        }), OWN_THREAD);
        hanging.await();
        VfioException e = assertThrows(VfioException.class, () -> worker.run("probe y", LONG, () -> called.set(true)));
        assertEquals(Errno.EIO, e.errno());
        assertThrows(Exception.class, hung::get);
        release.countDown();
        assertFalse(called.get());
    }

    @Test
    void waitingForItsTurnIsNotAFaultOfTheDriver() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        AtomicBoolean called = new AtomicBoolean();
        CompletableFuture<Void> slow = CompletableFuture.runAsync(() -> worker.run("probe x", LONG, () -> {
            busy.countDown();
            TestDriver.hang(release);
        }), OWN_THREAD);
        busy.await();
        VfioException e = assertThrows(VfioException.class, () -> worker.run("probe y", SHORT, () -> called.set(true)));
        assertEquals(Errno.EBUSY, e.errno());
        assertTrue(e.sentence().contains("busy with probe x"), e.sentence());
        release.countDown();
        slow.get();
        assertTrue(worker.fault().isEmpty());
        assertEquals(1, worker.call("probe z", LONG, () -> 1));
        assertFalse(called.get(), "a call whose caller has gone is not made");
    }

    @Test
    void whatUndoesIsMadeAlsoWhenItsTurnComesLate() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        AtomicInteger removed = new AtomicInteger();
        CompletableFuture<Void> slow = CompletableFuture.runAsync(() -> worker.run("probe x", LONG, () -> {
            busy.countDown();
            TestDriver.hang(release);
        }), OWN_THREAD);
        busy.await();
        assertEquals(Errno.EBUSY, assertThrows(VfioException.class,
                () -> worker.finish("remove y", Deadline.LONGEST, SHORT, removed::incrementAndGet)).errno());
        release.countDown();
        slow.get();
        await().until(() -> removed.get() == 1);
        assertTrue(worker.fault().isEmpty());
    }

    @Test
    void whoIsInAHurryLeavesTheCallAndTheDriverIsNotFaulty() throws Exception {
        AtomicInteger removed = new AtomicInteger();
        CountDownLatch busy = new CountDownLatch(1);
        VfioException e = assertThrows(VfioException.class, () -> worker.finish("remove x", SHORT, LONG, () -> {
            busy.countDown();
            TestDriver.hang(release);
            removed.incrementAndGet();
        }));
        assertEquals(Errno.EBUSY, e.errno());
        busy.await();
        assertEquals(Errno.EBUSY, assertThrows(VfioException.class,
                () -> worker.finish("remove y", Duration.ZERO, LONG, removed::incrementAndGet)).errno());
        release.countDown();
        await().until(() -> removed.get() == 2);
        assertTrue(worker.fault().isEmpty());
    }

    @Test
    void limitsBeyondWhatNanosecondsCountAreTakenAsLong() {
        assertEquals(3, worker.call("probe x", ChronoUnit.FOREVER.getDuration(), () -> 3));
        assertThrows(VfioException.class, () -> worker.run("probe x", Duration.ofSeconds(Long.MIN_VALUE),
                () -> TestDriver.hang(release)));
    }

    @Test
    void lateCallThatHangsIsFoundByTheNextOne() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch late = new CountDownLatch(1);
        CompletableFuture<Void> slow = CompletableFuture.runAsync(() -> worker.run("probe x", LONG, () -> {
            busy.countDown();
            TestDriver.hang(first);
        }), OWN_THREAD);
        busy.await();
        assertThrows(VfioException.class, () -> worker.finish("remove y", Deadline.LONGEST, SHORT, () -> {
            late.countDown();
            TestDriver.hang(release);
        }));
        first.countDown();
        slow.get();
        late.await();
        assertEquals(Errno.EIO, assertThrows(VfioException.class, () -> worker.run("probe z", SHORT, () -> { })).errno());
        assertTrue(worker.fault().orElseThrow().startsWith("stuck in remove y"), worker.fault().get());
    }

    @Test
    void callersInterruptLosesNoResult() {
        Thread.currentThread().interrupt();
        assertEquals(5, worker.call("probe x", LONG, () -> 5));
        assertTrue(Thread.interrupted());
    }

    @Test
    void threadEndsWhenIdleAndComesBack() {
        DriverWorker brief = new DriverWorker("brief", faults::add, Duration.ofMillis(1));
        AtomicReference<Thread> thread = new AtomicReference<>();
        brief.run("probe x", LONG, () -> thread.set(Thread.currentThread()));
        assertEquals("vfio-driver brief", thread.get().getName());
        assertTrue(thread.get().isDaemon());
        await().until(() -> !thread.get().isAlive());
        Thread again = brief.call("probe y", LONG, Thread::currentThread);
        assertNotSame(thread.get(), again);
    }

    @Test
    void threadCarriesNoLoaderOfItsFirstCaller() {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(new ClassLoader(before) { });
        try {
            assertSame(DriverWorker.class.getClassLoader(),
                    worker.call("probe x", LONG, () -> Thread.currentThread().getContextClassLoader()));
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    @Test
    void closedTakesNoMoreCallsButTheLast() {
        Thread thread = worker.call("probe x", LONG, Thread::currentThread);
        worker.close();
        await().until(() -> !thread.isAlive());
        AtomicBoolean removed = new AtomicBoolean();
        worker.finish("remove x", Deadline.LONGEST, LONG, () -> removed.set(true));
        assertTrue(removed.get());
        VfioException e = assertThrows(VfioException.class, () -> worker.call("probe x", LONG, () -> 1));
        assertEquals(Errno.EIO, e.errno());
        assertTrue(e.sentence().contains("closed"), e.sentence());
    }
}
