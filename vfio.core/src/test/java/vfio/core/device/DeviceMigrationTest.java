// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;
import vfio.core.migration.ReferenceMigration;

/** Migration as a device's handles have it. */
class DeviceMigrationTest {
    private final TestDriver driver = new TestDriver();
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final ReferenceMigration migration = new ReferenceMigration(new MigrationFlags(true, true));
    private final VfioDevice device = new VfioDevice("0000:01:00.0", new DeviceSet.Registry(), "set", driver, worker,
            Duration.ofMinutes(1), () -> { });

    @AfterEach
    void end() {
        worker.close();
    }

    private DeviceHandle open() {
        driver.migration = migration;
        return device.open(VfioUser.named("user"));
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    void handlesOfOneDeviceShareItsState() {
        DeviceHandle a = open();
        DeviceHandle b = device.open(VfioUser.named("other"));
        a.migration().set(MigrationState.STOP);
        assertEquals(MigrationState.STOP, b.migration().state());
    }

    @Test
    void driverThatDoesNotMigrateIsEnotty() {
        DeviceHandle handle = device.open(VfioUser.named("user"));
        assertEquals(Errno.ENOTTY, errno(() -> handle.migration().state()));
    }

    @Test
    @Tag("C7-9")
    void resetEndsInRunningWithDeadStreams() {
        DeviceHandle handle = open();
        MigrationStream stream = handle.migration().set(MigrationState.STOP_COPY).orElseThrow();
        handle.reset();
        assertEquals(1, driver.resets.get());
        assertEquals(MigrationState.RUNNING, handle.migration().state());
        assertEquals(Errno.ENODEV, errno(() -> stream.read(ByteBuffer.allocate(8))));
        device.wasReset();
        assertEquals(MigrationState.RUNNING, handle.migration().state());
    }

    @Test
    void arcThatWaitsBehindAResetIsNotMade() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch resetting = new CountDownLatch(1);
        driver.onReset = () -> {
            resetting.countDown();
            TestDriver.hang(release);
        };
        DeviceHandle handle = open();
        Thread reset = new Thread(handle::reset);
        reset.start();
        resetting.await();
        CompletableFuture<Errno> set = new CompletableFuture<>();
        Thread setting = new Thread(() -> set.complete(errno(() -> handle.migration().set(MigrationState.STOP))));
        setting.start();
        await().until(() -> setting.getState() == Thread.State.TIMED_WAITING); // for its turn
        release.countDown();
        assertEquals(Errno.EAGAIN, set.get());
        reset.join();
        assertEquals(List.of(), migration.arcs);
    }

    @Test
    void staleHandleAndItsStreamAnswerEnodevAndTheNextOpenRuns() {
        DeviceHandle handle = open();
        MigrationStream stream = handle.migration().set(MigrationState.STOP_COPY).orElseThrow();
        handle.close();
        assertEquals(Errno.ENODEV, errno(() -> handle.migration().state()));
        assertEquals(Errno.ENODEV, errno(() -> stream.read(ByteBuffer.allocate(8))));
        assertEquals(List.of("copy"), migration.closed);
        migration.at = MigrationState.RUNNING;
        assertEquals(MigrationState.RUNNING, device.open(VfioUser.named("next")).migration().state());
    }

    @Test
    void flagsThatCannotBeRefuseTheOpen() {
        driver.migration = new ReferenceMigration(null);
        assertEquals(Errno.EINVAL, errno(() -> device.open(VfioUser.named("user"))));
        assertEquals(1, driver.closes.get());
    }
}
