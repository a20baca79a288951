// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.EventCounter;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationState;
import vfio.core.migration.ReferenceMigration;

/** What a listener asks for on the thread, and so inside the access, that raised its interrupt: nothing waits for itself. */
class ListenerActsTest {
    /** Of the driver's calls; who waits for itself waits as long, which no test does. */
    private static final Duration LIMIT = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofSeconds(60);

    private final TestDriver driver = new TestDriver();
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final DeviceSet.Registry sets = new DeviceSet.Registry();
    private final AtomicInteger idle = new AtomicInteger();
    private final EventCounter interrupt = new EventCounter();
    private final AtomicReference<Throwable> thrown = new AtomicReference<>();
    private volatile boolean inside;
    private final VfioDevice device = device("0000:01:00.0", driver);
    private final DeviceHandle handle = device.open(VfioUser.named("user"));

    private VfioDevice device(String name, TestDriver of) {
        of.regions.set(0, () -> new RegionOperations() {
            @Override
            public long size() {
                return 8;
            }

            @Override
            public long read(long position, int width) {
                return 0;
            }

            @Override
            public void write(long position, int width, long value) {
                inside = true;
                interrupt.signal();
                inside = false;
            }
        });
        of.migration = new ReferenceMigration(new MigrationFlags(false, true));
        return new VfioDevice(name, sets, "set", of, worker, LIMIT, idle::incrementAndGet);
    }

    @AfterEach
    void end() {
        worker.close();
    }

    /** Runs something in a listener, within the access that raised its signal. */
    private void inListener(Runnable act) throws Exception {
        AutoCloseable listening = interrupt.listen(() -> {
            try {
                act.run();
            } catch (Throwable e) {
                thrown.set(e);
            }
        });
        Region region = handle.region(0);
        assertTimeoutPreemptively(SOON, () -> region.write32(0, 1));
        listening.close();
    }

    private void assertRefused(String act) {
        VfioException refusal = (VfioException) thrown.get();
        assertEquals(Errno.EDEADLK, refusal.errno(), refusal.getMessage());
        assertTrue(refusal.getMessage().startsWith(act + " 0000:01:00.0: "), refusal.getMessage());
    }

    @Test
    void theLastCloseIsMadeWhenItsAccessHasEnded() throws Exception {
        driver.onClose = () -> assertFalse(inside);
        inListener(() -> {
            handle.close();
            assertFalse(handle.isOpen());
            assertFalse(device.inUse());
            assertEquals(0, driver.closes.get());
        });
        assertEquals(null, thrown.get());
        await().untilAsserted(() -> assertEquals(1, driver.closes.get()));
        await().untilAsserted(() -> assertEquals(1, idle.get()));
        assertEquals(List.of(), device.leave(LIMIT));
        assertEquals(1, driver.closes.get());
    }

    @Test
    void whoeverOpensNextWaitsForThatClose() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        CountDownLatch opened = new CountDownLatch(1);
        inListener(() -> {
            handle.close();
            assertEquals(Errno.EDEADLK, assertThrows(VfioException.class, () -> device.open(VfioUser.named("same"))).errno());
            new Thread(() -> {
                closed.countDown();
                device.open(VfioUser.named("other"));
                opened.countDown();
            }).start();
            TestDriver.hang(closed);
            assertEquals(1, driver.opens.get());
        });
        assertEquals(null, thrown.get());
        TestDriver.hang(opened);
        assertEquals(1, driver.closes.get());
        assertEquals(2, driver.opens.get());
        assertTrue(device.inUse());
    }

    @Test
    void aDrainEndsWithACloseInAListener() throws Exception {
        AtomicReference<List<String>> revoked = new AtomicReference<>();
        Thread leaving = new Thread(() -> revoked.set(device.leave(LIMIT)));
        inListener(() -> {
            leaving.start();
            handle.close();
        });
        assertTimeoutPreemptively(SOON, () -> leaving.join());
        assertEquals(List.of(), revoked.get());
        assertEquals(1, driver.closes.get());
    }

    @Test
    void aResetIsRefused() throws Exception {
        inListener(handle::reset);
        assertRefused("reset");
        assertEquals(0, driver.resets.get());
        handle.reset();
        assertEquals(1, driver.resets.get());
    }

    @Test
    void whatAResetSignalsIsNotWaitedForByTheReset() throws Exception {
        AutoCloseable listening = interrupt.listen(() -> {
            assertEquals(Errno.EDEADLK, assertThrows(VfioException.class, handle::reset).errno());
            assertEquals(Errno.EDEADLK, assertThrows(VfioException.class, () -> device.leave(LIMIT)).errno());
            handle.close();
            inside = true;
        });
        driver.onReset = interrupt::signal;
        assertTimeoutPreemptively(SOON, handle::reset);
        assertTrue(inside);
        await().untilAsserted(() -> assertEquals(1, driver.closes.get()));
        listening.close();
    }

    @Test
    void anUnbindIsRefusedWithNothingChanged() throws Exception {
        inListener(() -> device.leave(LIMIT));
        assertRefused("unbind");
        assertTrue(handle.isOpen());
        device.open(VfioUser.named("another")).close();
    }

    @Test
    void aMigrationIsRefused() throws Exception {
        inListener(() -> handle.migration().set(MigrationState.STOP));
        assertRefused("migrate");
        handle.migration().set(MigrationState.STOP);
    }

    @Test
    void theDisorderlyRoadDoesNotWait() throws Exception {
        inListener(device::revoke);
        assertEquals(null, thrown.get());
        await().untilAsserted(() -> assertEquals(1, driver.closes.get()));
    }

    @Test
    void blockingTheMemoryAwaitsOthersOnly() throws Exception {
        inListener(() -> device.block(1));
        assertEquals(null, thrown.get());
    }

    @Test
    void anotherDeviceOfTheSetIsClosedWhileThisOneIsAwaited() throws Exception {
        TestDriver second = new TestDriver();
        VfioDevice other = device("0000:01:00.1", second);
        DeviceHandle others = other.open(VfioUser.named("user"));
        CountDownLatch locked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread holder = new Thread(() -> other.exclusively(() -> {
            locked.countDown();
            TestDriver.hang(release);
        }));
        holder.start();
        TestDriver.hang(locked);
        inListener(() -> {
            others.close();
            assertFalse(others.isOpen());
            assertThrows(VfioException.class, () -> other.open(VfioUser.named("more")));
        });
        release.countDown();
        assertEquals(null, thrown.get());
        await().untilAsserted(() -> assertEquals(1, second.closes.get()));
    }

    @Test
    void anotherDeviceOfTheSetIsNotUnboundWhileThisOneIsAwaited() throws Exception {
        VfioDevice other = device("0000:01:00.1", new TestDriver());
        CountDownLatch locked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread holder = new Thread(() -> other.exclusively(() -> {
            locked.countDown();
            TestDriver.hang(release);
        }));
        holder.start();
        TestDriver.hang(locked);
        inListener(() -> assertEquals(Errno.EDEADLK,
                assertThrows(VfioException.class, () -> other.leave(LIMIT)).errno()));
        release.countDown();
        assertEquals(null, thrown.get());
        other.open(VfioUser.named("user")).close();
    }

    @Test
    void anotherDeviceIsResetAndUnbound() throws Exception {
        TestDriver second = new TestDriver();
        VfioDevice other = device("0000:01:00.1", second);
        inListener(() -> {
            DeviceHandle others = other.open(VfioUser.named("user"));
            others.reset();
            others.close();
            other.leave(LIMIT);
        });
        assertEquals(null, thrown.get());
        assertEquals(1, second.resets.get());
        assertEquals(1, second.closes.get());
    }
}
