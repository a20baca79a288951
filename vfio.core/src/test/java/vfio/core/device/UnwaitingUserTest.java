// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.dirty.ReferenceLog;
import vfio.core.driver.DriverWorker;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.core.iova.IovaRange;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationState;
import vfio.core.migration.ReferenceMigration;

/** A server of many connections on one thread waits for no exchange, whatever it calls: it is told when to come again. */
class UnwaitingUserTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Executor OWN_THREAD = call -> new Thread(call).start();
    private static final VfioUser SERVER = new VfioUser() {
        @Override
        public String name() {
            return "server of many";
        }

        @Override
        public boolean waits() {
            return false;
        }
    };

    private final DeviceSet.Registry sets = new DeviceSet.Registry();
    private final SharedMemory memory = new TestMemory(4096);
    private final DriverWorker before = new DriverWorker("before", fault -> { });
    private final DriverWorker after = new DriverWorker("after", fault -> { });
    private final HandingDriver next = driver("next");
    private final VfioDevice device = device("0000:01:00.0", driver("first"));
    private final VfioDevice neighbour = device("0000:01:00.1", driver("neighbour"));
    private final DeviceHandle handle = device.open(SERVER);
    private final DeviceHandle other = neighbour.open(SERVER);
    private final CountDownLatch there = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private CompletableFuture<Exchanged> exchange;

    private HandingDriver driver(String name) {
        HandingDriver driver = new HandingDriver(memory, name);
        driver.migration = new ReferenceMigration(new MigrationFlags(true, true));
        driver.log = new ReferenceLog();
        return driver;
    }

    private VfioDevice device(String name, HandingDriver driver) {
        return new VfioDevice(name, sets, "set", driver, before, LIMIT, () -> { });
    }

    @AfterEach
    void end() {
        end.countDown();
        device.leave(Duration.ZERO);
        neighbour.leave(Duration.ZERO);
        before.close();
        after.close();
    }

    private void stop() {
        there.countDown();
        TestDriver.hang(end);
    }

    /** Begins an exchange, and returns when it has come to where it is stopped. */
    private void begin() throws InterruptedException {
        exchange = CompletableFuture.supplyAsync(() -> device.exchange(new Seat(next, after, LIMIT),
                () -> OptionalInt.of(1), () -> { }), OWN_THREAD);
        there.await();
    }

    private static FeatureRequest stateToStop() {
        return new FeatureRequest(16, FeatureRequest.SET | Features.MIG_DEVICE_STATE,
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 1), null);
    }

    /** What waits for the lock of the set. */
    private static Map<String, Runnable> ofTheSet(VfioDevice device, DeviceHandle handle) {
        return Map.of("reset", handle::reset, "open", () -> device.open(SERVER), "open directly",
                () -> device.openDirect(SERVER), "hot reset", () -> device.exclusively(false, () -> { }));
    }

    /** What waits for a gate, or for a turn. */
    private static Map<String, Runnable> ofTheDriver(DeviceHandle handle) {
        List<IovaRange> ranges = List.of(IovaRange.of(0, 4096));
        return Map.of("read", () -> handle.region(0).read64(0), "write", () -> handle.region(0).write64(0, 1), "info",
                handle::info, "irqs", () -> handle.setIrqs(IrqRequest.disable(0)), "migrate",
                () -> handle.migration().set(MigrationState.STOP), "size", () -> handle.migration().stopCopyLength(),
                "feature", () -> handle.feature(stateToStop()), "log", () -> handle.dirtyPages().start(4096, ranges),
                "stop", () -> handle.dirtyPages().stop());
    }

    private static void assertHeld(Map<String, Runnable> acts) {
        acts.forEach((name, act) -> {
            VfioException held = assertThrows(VfioException.class, act::run, name);
            assertEquals(VfioException.Kind.HELD, held.kind(), name);
            assertEquals(Errno.EAGAIN, held.errno(), name);
        });
    }

    @Test
    void inThePauseEveryCallIsHeld() throws InterruptedException {
        next.onTakeOver = this::stop;
        begin();
        assertHeld(ofTheDriver(handle));
        assertHeld(ofTheSet(device, handle));
        CountDownLatch resumed = new CountDownLatch(1);
        assertTrue(handle.held(resumed::countDown));
        end.countDown();
        exchange.join();
        resumed.await();
        assertFalse(handle.held(() -> { }));
        handle.reset();
        handle.migration().set(MigrationState.STOP);
        handle.migration().set(MigrationState.RUNNING);
        assertEquals(List.of("takeOver", "reset"), next.calls());
    }

    /** While the next driver only looks at the device, nothing waits but what the exchange has locked. */
    @Test
    void beforeThePauseOnlyOpensAndResetsAreHeld() throws InterruptedException {
        AtomicBoolean asked = new AtomicBoolean();
        next.onInfo = () -> {
            if (!asked.getAndSet(true)) {
                stop();
            }
        };
        begin();
        assertHeld(ofTheSet(device, handle));
        Map<String, Runnable> driver = new TreeMap<>(ofTheDriver(handle));
        driver.remove("migrate");
        driver.remove("log");
        driver.remove("feature");
        driver.values().forEach(Runnable::run);
        assertTrue(handle.held(() -> { }));
    }

    /** The set has one lock: its other members are held, too, where they need it. */
    @Test
    void anotherMemberOfTheSetIsHeldWhereItNeedsTheLock() throws InterruptedException {
        next.onTakeOver = this::stop;
        begin();
        assertHeld(ofTheSet(neighbour, other));
        other.region(0).write64(0, 1);
        other.migration().set(MigrationState.STOP);
        CountDownLatch resumed = new CountDownLatch(1);
        assertTrue(other.held(resumed::countDown));
        end.countDown();
        exchange.join();
        resumed.await();
        other.reset();
    }

    @Test
    void aCloseIsLeftToAnotherThread() throws InterruptedException {
        next.onTakeOver = this::stop;
        begin();
        handle.close();
        assertFalse(handle.isOpen());
        assertTrue(device.inUse());
        end.countDown();
        exchange.join();
        await().until(() -> next.calls().contains("close"));
        assertFalse(device.inUse());
    }

    /** The lock is held for other reasons, too, as a call of a driver: that is waited for. */
    @Test
    void whatIsNoExchangeIsWaitedFor() throws InterruptedException {
        Thread holder = new Thread(() -> device.exclusively(this::stop));
        holder.start();
        there.await();
        CompletableFuture<Void> reset = CompletableFuture.runAsync(handle::reset, OWN_THREAD);
        assertFalse(handle.held(() -> { }));
        assertFalse(reset.isDone());
        end.countDown();
        reset.join();
    }
}
