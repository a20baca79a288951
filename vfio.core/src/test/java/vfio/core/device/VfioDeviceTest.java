// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;

class VfioDeviceTest {
    /** The common pool has a single thread on two cores, and these calls block. */
    private static final Executor OWN_THREAD = call -> new Thread(call).start();
    private static final Duration LONG = Duration.ofMinutes(1);

    private final DeviceSet.Registry sets = new DeviceSet.Registry();
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final TestDriver driver = new TestDriver();
    private final AtomicInteger idle = new AtomicInteger();
    private final CountDownLatch release = new CountDownLatch(1);
    private final VfioDevice device = device(LONG);

    private VfioDevice device(Duration limit) {
        return new VfioDevice("0000:01:00.0", sets, "slot", driver, worker, limit, idle::incrementAndGet);
    }

    @AfterEach
    void end() {
        release.countDown();
        worker.close();
    }

    private static Errno errno(Callable<?> call) {
        return assertThrows(VfioException.class, call::call).errno();
    }

    @Test
    void firstOpenAndLastCloseRunOnce() {
        DeviceHandle a = device.open(VfioUser.named("a"));
        DeviceHandle b = device.open(VfioUser.named("b"));
        assertEquals(1, driver.opens.get());
        assertEquals(List.of("a", "b"), device.users().stream().sorted().toList());
        a.close();
        a.close();
        assertEquals(0, driver.closes.get());
        assertTrue(device.inUse());
        b.close();
        assertEquals(1, driver.closes.get());
        assertEquals(1, idle.get());
        assertFalse(device.inUse());
    }

    @Test
    void manyThreadsKeepTheCountsTrue() throws Exception {
        AtomicInteger open = new AtomicInteger();
        driver.onOpen = () -> assertEquals(1, open.incrementAndGet());
        driver.onClose = () -> assertEquals(0, open.decrementAndGet());
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Future<?>> all = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            all.add(threads.submit(() -> {
                for (int i = 0; i < 200; i++) {
                    try (DeviceHandle handle = device.open(VfioUser.named("t"))) {
                        assertEquals(1, open.get());
                        assertTrue(handle.isOpen());
                    }
                }
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        threads.shutdown();
        assertEquals(driver.opens.get(), driver.closes.get());
        assertEquals(0, open.get());
        assertFalse(device.inUse());
    }

    @Test
    void failedFirstOpenLeavesNothingOpen() {
        driver.onOpen = () -> {
            throw new VfioException(Errno.ENXIO, "no firmware");
        };
        assertEquals(Errno.ENXIO, errno(() -> device.open(VfioUser.named("a"))));
        assertFalse(device.inUse());
        assertEquals(0, driver.closes.get());
        driver.onOpen = () -> { };
        device.open(VfioUser.named("a")).close();
        assertEquals(2, driver.opens.get());
        assertEquals(1, driver.closes.get());
    }

    @Test
    void closeThatThrowsStillCloses() {
        driver.onClose = () -> {
            throw new NoClassDefFoundError("acme/Gone");
        };
        device.open(VfioUser.named("a")).close();
        assertFalse(device.inUse());
        assertEquals(1, idle.get());
        device.open(VfioUser.named("b")).close();
        assertEquals(2, driver.opens.get());
    }

    @Test
    void staleHandleAnswersEnodevForEver() {
        DeviceHandle handle = device.open(VfioUser.named("a"));
        Mapping mapping = handle.map(0);
        mapping.write32(0, 7);
        handle.close();
        assertFalse(handle.isOpen());
        assertEquals(Errno.ENODEV, errno(() -> handle.map(0)));
        assertEquals(-1, mapping.read32(0));
        device.open(VfioUser.named("b"));
        assertEquals(Errno.ENODEV, errno(() -> handle.map(0)));
        assertEquals("0000:01:00.0", handle.deviceName());
    }

    @Test
    void driverThatGivesNullForARegionIsRefusedAndClosed() {
        driver.regions.add(() -> null);
        assertEquals(Errno.EIO, errno(() -> device.open(VfioUser.named("a"))));
        assertEquals(1, driver.closes.get());
        assertFalse(device.inUse());
    }

    @Test
    void leaveAsksEachUserOnceThenRevokes() {
        AtomicInteger asked = new AtomicInteger();
        VfioUser deaf = new VfioUser() {
            @Override
            public String name() {
                return "deaf";
            }

            @Override
            public void requested(DeviceHandle handle) {
                asked.incrementAndGet();
            }
        };
        DeviceHandle handle = device.open(deaf);
        Mapping mapping = handle.map(0);
        assertEquals(List.of("deaf"), device.askUsers());
        assertEquals(List.of(), device.askUsers());
        assertEquals(Errno.ENODEV, errno(() -> device.open(VfioUser.named("b"))));
        assertEquals(List.of("deaf"), device.leave(Duration.ofMillis(1)));
        await().until(() -> asked.get() == 1);
        assertFalse(handle.isOpen());
        assertEquals(-1, mapping.read8(0));
        assertEquals(1, driver.closes.get());
        assertEquals(0, sets.size());
        assertEquals(0, idle.get(), "nobody rematches a device that leaves");
        handle.close();
        assertEquals(1, driver.closes.get());
        assertEquals(List.of(), device.leave(LONG));
        assertEquals(0, sets.size());
    }

    @Test
    void userThatLetsGoEndsTheDrain() {
        DeviceHandle handle = device.open(new VfioUser() {
            @Override
            public String name() {
                return "polite";
            }

            @Override
            public void requested(DeviceHandle asked) {
                asked.close();
            }
        });
        assertEquals(List.of(), device.leave(LONG));
        assertFalse(handle.isOpen());
        assertEquals(1, driver.closes.get());
    }

    @Test
    void userThatHangsOrThrowsKeepsNobodyFromBeingAsked() {
        device.open(asked(() -> TestDriver.hang(release)));
        device.open(asked(() -> {
            throw new NoClassDefFoundError("user/Gone");
        }));
        AtomicInteger reached = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            device.open(asked(reached::incrementAndGet));
        }
        device.askUsers();
        await().until(() -> reached.get() == 3);
    }

    private static VfioUser asked(Runnable reaction) {
        return new VfioUser() {
            @Override
            public String name() {
                return "user";
            }

            @Override
            public void requested(DeviceHandle handle) {
                reaction.run();
            }
        };
    }

    @Test
    void userThatOpensWhileTheDeviceBeginsToLeaveIsRefused() throws Exception {
        CountDownLatch opening = new CountDownLatch(1);
        driver.onOpen = () -> {
            opening.countDown();
            TestDriver.hang(release);
        };
        CompletableFuture<Errno> opener = CompletableFuture.supplyAsync(() -> errno(() -> device.open(VfioUser.named("a"))),
                OWN_THREAD);
        opening.await();
        assertEquals(List.of(), device.askUsers());
        release.countDown();
        assertEquals(Errno.ENODEV, opener.get());
        assertEquals(1, driver.closes.get());
        assertFalse(device.inUse());
    }

    @Test
    void revokeEndsADrainUnderWay() throws Exception {
        device.open(VfioUser.named("deaf"));
        AtomicInteger left = new AtomicInteger();
        Thread leaver = new Thread(() -> {
            device.leave(LONG);
            left.incrementAndGet();
        });
        leaver.start();
        await().until(() -> leaver.getState() == Thread.State.TIMED_WAITING);
        device.revoke();
        await().until(() -> left.get() == 1);
        assertEquals(1, driver.closes.get());
        assertEquals(0, sets.size());
    }

    @Test
    void revokeClosesTheDriverAlsoWhenAnotherOfItsSetHoldsTheLock() throws Exception {
        DriverWorker other = new DriverWorker("other", fault -> { });
        TestDriver stuck = new TestDriver();
        CountDownLatch opening = new CountDownLatch(1);
        stuck.onOpen = () -> {
            opening.countDown();
            TestDriver.hang(release);
        };
        VfioDevice neighbour = new VfioDevice("0000:01:00.1", sets, "slot", stuck, other, LONG, () -> { });
        DeviceHandle handle = device.open(VfioUser.named("a"));
        CompletableFuture<DeviceHandle> opener = CompletableFuture.supplyAsync(
                () -> neighbour.open(VfioUser.named("b")), OWN_THREAD);
        opening.await();
        device.revoke(Duration.ofMillis(20));
        assertFalse(handle.isOpen());
        await().until(() -> driver.closes.get() == 1);
        release.countDown();
        opener.get().close();
        device.revoke();
        assertEquals(1, driver.closes.get());
        assertEquals(1, stuck.closes.get());
        neighbour.revoke();
        assertEquals(0, sets.size());
        other.close();
    }

    @Test
    void cutOffMakesHandlesStaleAndCallsNoDriver() {
        DeviceHandle handle = device.open(VfioUser.named("a"));
        Mapping mapping = handle.map(0);
        device.cutOff();
        assertEquals(-1, mapping.read32(0));
        assertEquals(Errno.ENODEV, errno(() -> handle.map(0)));
        assertEquals(Errno.ENODEV, errno(() -> device.open(VfioUser.named("b"))));
        assertEquals(0, driver.closes.get());
        device.revoke();
        assertEquals(1, driver.closes.get());
        assertEquals(0, sets.size());
    }

    @Test
    void revokeDoesNotWaitForASlowCloseAndTheDriverIsNotFaulty() {
        driver.onClose = () -> TestDriver.hang(release);
        device.open(VfioUser.named("a"));
        device.revoke(Duration.ZERO);
        release.countDown();
        assertEquals(1, worker.call("next", LONG, driver.closes::get));
    }

    @Test
    void drainWithoutEndIsADrain() {
        assertEquals(List.of(), device.leave(ChronoUnit.FOREVER.getDuration()));
    }

    @Test
    void interruptedLeaveStillClosesTheDriver() {
        device.open(VfioUser.named("deaf"));
        Thread.currentThread().interrupt();
        assertEquals(List.of("deaf"), device.leave(LONG));
        assertTrue(Thread.interrupted());
        assertEquals(1, driver.closes.get());
    }

    @Test
    void revokeWhileTheDriverOpensRefusesTheOpenAndClosesIt() throws Exception {
        CountDownLatch opening = new CountDownLatch(1);
        driver.onOpen = () -> {
            opening.countDown();
            TestDriver.hang(release);
        };
        CompletableFuture<Errno> opener = CompletableFuture.supplyAsync(() -> errno(() -> device.open(VfioUser.named("a"))),
                OWN_THREAD);
        opening.await();
        device.revoke();
        assertEquals(0, sets.size());
        release.countDown();
        assertEquals(Errno.ENODEV, opener.get());
        assertEquals(1, driver.closes.get());
        assertFalse(device.inUse());
    }

    @Test
    void openAndLeaveIfIdleNeverBothSucceed() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        for (int i = 0; i < 300; i++) {
            VfioDevice raced = device(LONG);
            Future<Boolean> leaver = threads.submit(raced::leaveIfIdle);
            Future<Boolean> opener = threads.submit(() -> {
                try {
                    raced.open(VfioUser.named("a"));
                    return true;
                } catch (VfioException e) {
                    assertEquals(Errno.ENODEV, e.errno());
                    return false;
                }
            });
            assertTrue(leaver.get() ^ opener.get());
            raced.revoke();
        }
        threads.shutdown();
        device.revoke();
        assertEquals(0, sets.size());
        assertEquals(driver.opens.get(), driver.closes.get());
    }

    @Test
    void openAndRevokeRaceLeavesNoLiveHandle() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        for (int i = 0; i < 300; i++) {
            VfioDevice raced = device(LONG);
            Future<DeviceHandle> opener = threads.submit(() -> {
                try {
                    return raced.open(VfioUser.named("a"));
                } catch (VfioException e) {
                    return null;
                }
            });
            raced.revoke();
            DeviceHandle handle = opener.get();
            assertTrue(handle == null || !handle.isOpen());
            assertFalse(raced.inUse());
        }
        threads.shutdown();
        assertEquals(driver.opens.get(), driver.closes.get());
    }

    @Test
    void setEndsWithItsLastMember() {
        VfioDevice second = device(LONG);
        assertEquals(1, sets.size());
        assertTrue(device.leaveIfIdle());
        assertEquals(1, sets.size());
        second.revoke();
        second.revoke();
        assertEquals(0, sets.size());
    }
}
