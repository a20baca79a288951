// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.migration;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.core.migration.MigrationState.ERROR;
import static vfio.core.migration.MigrationState.PRE_COPY;
import static vfio.core.migration.MigrationState.RESUMING;
import static vfio.core.migration.MigrationState.RUNNING;
import static vfio.core.migration.MigrationState.STOP;
import static vfio.core.migration.MigrationState.STOP_COPY;

import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;
import vfio.core.migration.ReferenceMigration;
import vfio.core.migration.SavingData;

/** A driver that hangs in an arc or a stream, while the device is reset, revoked or given up. */
class MigrationRacesTest {
    private static final MigrationFlags ALL = new MigrationFlags(true, true);
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(250);
    private static final Executor OWN_THREAD = call -> new Thread(call).start();

    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final ReferenceMigration driver = new ReferenceMigration(ALL);
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private MigrationMachine machine = new MigrationMachine("0000:01:00.2", driver, worker, LONG);

    @AfterEach
    void end() {
        release.countDown();
        worker.close();
    }

    private void hang() {
        inside.countDown();
        for (boolean done = false; !done;) {
            try {
                release.await();
                done = true;
            } catch (InterruptedException e) {
                Thread.interrupted(); // a stuck driver does not listen
            }
        }
    }

    /** Runs on a thread of its own what comes to hang in the driver; answers its errno, or null where it succeeds. */
    private CompletableFuture<Errno> hanging(Runnable act) throws InterruptedException {
        return hanging(act, () -> { });
    }

    private CompletableFuture<Errno> hanging(Runnable act, Runnable afterwards) throws InterruptedException {
        driver.inside = () -> {
            hang();
            afterwards.run();
        };
        CompletableFuture<Errno> errno = CompletableFuture.supplyAsync(() -> {
            try {
                act.run();
                return null;
            } catch (VfioException e) {
                return e.errno();
            }
        }, OWN_THREAD);
        assertTrue(inside.await(1, TimeUnit.MINUTES));
        return errno;
    }

    private static Errno errno(Executable act) {
        return assertThrows(VfioException.class, act).errno();
    }

    private MigrationStream to(MigrationState state) {
        return machine.set(state).orElseThrow();
    }

    @Test
    void endDoesNotWaitForAnArc() throws Exception {
        CompletableFuture<Errno> set = hanging(() -> machine.set(STOP));
        machine.end();
        assertEquals(Errno.ENODEV, errno(machine::state));
        assertFalse(set.isDone());
        release.countDown();
        assertEquals(Errno.ENODEV, set.get());
        assertEquals(List.of("RUNNING RUNNING_P2P"), driver.arcs);
    }

    @Test
    void endDoesNotWaitForARead() throws Exception {
        MigrationStream stream = to(STOP_COPY);
        ByteBuffer target = ByteBuffer.allocate(8);
        CompletableFuture<Errno> read = hanging(() -> stream.read(target));
        machine.end();
        assertEquals(Errno.ENODEV, errno(() -> stream.read(ByteBuffer.allocate(8)))); // without waiting either
        release.countDown();
        assertEquals(Errno.ENODEV, read.get());
        assertEquals(0, target.position());
        await().until(() -> driver.closed.equals(List.of("copy")));
    }

    @Test
    void endDoesNotWaitForAWrite() throws Exception {
        MigrationStream stream = to(RESUMING);
        ByteBuffer source = ByteBuffer.allocate(8);
        CompletableFuture<Errno> write = hanging(() -> stream.write(source));
        machine.end();
        release.countDown();
        assertEquals(Errno.ENODEV, write.get());
        assertEquals(0, source.position());
    }

    @Test
    void streamBegunTooLateIsClosedBeforeTheDevice() throws Exception {
        machine.set(STOP);
        CompletableFuture<Errno> set = hanging(() -> machine.set(STOP_COPY));
        machine.end();
        CompletableFuture<List<String>> atClose = CompletableFuture.supplyAsync(
                () -> worker.call("close", LONG, () -> List.copyOf(driver.closed)), OWN_THREAD);
        release.countDown();
        assertEquals(Errno.ENODEV, set.get());
        assertEquals(List.of("copy"), atClose.get());
    }

    @Test
    void streamIsClosedBeforeTheDevice() {
        MigrationStream stream = to(PRE_COPY);
        machine.end();
        assertEquals(List.of("copy"), worker.call("close", LONG, () -> List.copyOf(driver.closed)));
        assertEquals(Errno.ENODEV, errno(() -> stream.read(ByteBuffer.allocate(8))));
    }

    @Test
    void nothingIsAskedOfTheDriverAfterTheEnd() {
        machine.end();
        assertEquals(Errno.ENODEV, errno(() -> machine.set(STOP)));
        assertEquals(Errno.ENODEV, errno(() -> machine.set(RUNNING)));
        assertEquals(Errno.ENODEV, errno(machine::stopCopyLength));
        driver.at = STOP;
        machine.afterReset();
        worker.run("sweep", LONG, () -> { });
        assertEquals(STOP, driver.at);
        assertEquals(List.of(), driver.arcs);
    }

    @Test
    void resetEndsTheWayOfAnArcUnderWay() throws Exception {
        CompletableFuture<Errno> set = hanging(() -> machine.set(STOP_COPY));
        machine.afterReset();
        assertEquals(RUNNING, machine.state());
        release.countDown();
        assertEquals(Errno.EAGAIN, set.get());
        assertEquals(List.of("RUNNING RUNNING_P2P"), driver.arcs);
        assertEquals(RUNNING, machine.state());
        driver.inside = () -> { };
        machine.set(STOP); // fails in the driver unless it has been told
        assertEquals(STOP, machine.state());
    }

    @Test
    void arcThatFailsAfterAResetLosesNothing() throws Exception {
        driver.broken = true;
        CompletableFuture<Errno> set = hanging(() -> machine.set(STOP), () -> {
            throw new VfioException(Errno.ENOMEM, "no pages");
        });
        machine.afterReset();
        release.countDown();
        assertEquals(Errno.ENOMEM, set.get());
        assertEquals(RUNNING, machine.state());
    }

    @Test
    void resetDuringTheArcThatBeginsAStreamClosesIt() throws Exception {
        machine.set(STOP);
        CompletableFuture<Errno> set = hanging(() -> machine.set(STOP_COPY));
        machine.afterReset();
        release.countDown();
        assertEquals(Errno.EAGAIN, set.get());
        await().until(() -> driver.closed.equals(List.of("copy")) && driver.at == RUNNING);
    }

    @Test
    void resetDuringAReadIsTheEndOfItsStream() throws Exception {
        MigrationStream stream = to(STOP_COPY);
        CompletableFuture<Errno> read = hanging(() -> stream.read(ByteBuffer.allocate(8)));
        machine.afterReset();
        release.countDown();
        assertEquals(Errno.ENODEV, read.get());
        await().until(() -> driver.closed.equals(List.of("copy")) && driver.at == RUNNING);
    }

    @Test
    void resetOnTheWorkerItselfLetsNoArcThrough() {
        driver.inside = () -> {
            driver.inside = () -> { };
            machine.afterReset();
        };
        assertEquals(Errno.EAGAIN, errno(() -> machine.set(STOP_COPY)));
        assertEquals(RUNNING, machine.state());
        worker.run("sweep", LONG, () -> { });
        assertEquals(RUNNING, driver.at);
        machine.set(STOP);
    }

    @Test
    void arcThatWaitsBehindTheResetIsNotMade() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CompletableFuture<Void> reset = CompletableFuture.runAsync(() -> worker.run("reset", LONG, () -> {
            busy.countDown();
            hang();
            machine.afterReset();
        }), OWN_THREAD);
        busy.await();
        CompletableFuture<Errno> set = new CompletableFuture<>();
        Thread setting = new Thread(() -> set.complete(errno(() -> machine.set(STOP))));
        setting.start();
        await().until(() -> setting.getState() == Thread.State.TIMED_WAITING); // for its turn
        release.countDown();
        reset.get();
        assertEquals(Errno.EAGAIN, set.get());
        assertEquals(List.of(), driver.arcs);
    }

    @Test
    void driverWhoseHookFailsIsInError() {
        driver.resetFailure = new IllegalStateException("no");
        machine.set(STOP);
        machine.afterReset();
        worker.run("sweep", LONG, () -> { });
        assertEquals(ERROR, machine.state());
        driver.resetFailure = null;
        machine.afterReset();
        machine.set(STOP);
    }

    @Test
    void arcThatTakesTooLongIsLostForGood() throws Exception {
        machine.set(STOP);
        machine = new MigrationMachine("0000:01:00.2", driver, worker, SHORT);
        driver.at = RUNNING;
        assertEquals(Errno.ETIMEDOUT, hanging(() -> machine.set(PRE_COPY)).get());
        assertEquals(ERROR, machine.state());
        release.countDown();
        await().until(() -> driver.closed.equals(List.of("copy"))); // the arc came back
        assertEquals(ERROR, machine.state());
        assertEquals(Errno.EIO, errno(machine::stopCopyLength));
        machine.end();
    }

    @Test
    void readThatTakesTooLongLosesTheDeviceAndNotTheUsersBuffer() throws Exception {
        driver.value = -1;
        machine = new MigrationMachine("0000:01:00.2", driver, worker, SHORT);
        MigrationStream stream = to(PRE_COPY);
        ByteBuffer target = ByteBuffer.allocate(8);
        CountDownLatch back = new CountDownLatch(1);
        CompletableFuture<Errno> read = hanging(() -> stream.read(target));
        driver.inside = back::countDown;
        assertEquals(Errno.ETIMEDOUT, read.get());
        assertEquals(ERROR, machine.state());
        assertEquals(Errno.ENODEV, errno(() -> stream.read(target)));
        release.countDown();
        assertEquals(0, target.getLong(0));
    }

    @Test
    void bufferThatTheDriverKeepsIsNotTheUsers() {
        ByteBuffer[] kept = new ByteBuffer[1];
        driver.instead = (SavingData) target -> {
            kept[0] = target;
            target.put((byte) 1);
            return 1;
        };
        MigrationStream stream = to(PRE_COPY);
        ByteBuffer target = ByteBuffer.allocate(4);
        assertEquals(1, stream.read(target));
        kept[0].put(0, (byte) 9);
        assertEquals(1, target.get(0));
        driver.instead = null;
    }

    @Test
    void driverThatIsBusyElsewhereLosesNothing() throws Exception {
        machine = new MigrationMachine("0000:01:00.2", driver, worker, SHORT);
        CompletableFuture<Void> other =
                CompletableFuture.runAsync(() -> worker.run("open another", LONG, this::hang), OWN_THREAD);
        inside.await();
        assertEquals(Errno.EBUSY, errno(() -> machine.set(STOP)));
        assertEquals(RUNNING, machine.state());
        assertEquals(List.of(), driver.arcs);
        release.countDown();
        other.get();
        machine.set(STOP);
    }

    @Test
    void endedMachineDoesNotWaitForTheDriver() throws Exception {
        machine = new MigrationMachine("0000:01:00.2", driver, worker, SHORT);
        CompletableFuture<Void> other =
                CompletableFuture.runAsync(() -> worker.run("open another", LONG, this::hang), OWN_THREAD);
        inside.await();
        machine.end();
        assertEquals(Errno.ENODEV, errno(machine::stopCopyLength)); // else EBUSY
        release.countDown();
        other.get();
    }

    @Test
    void whoKeepsADeadStreamKeepsNothingOfTheDriver() {
        MigrationStream[] kept = new MigrationStream[1];
        WeakReference<Object> driversOwn = used(kept);
        await().until(() -> {
            System.gc();
            return driversOwn.get() == null;
        });
        assertEquals(Errno.ENODEV, errno(() -> kept[0].read(ByteBuffer.allocate(8))));
    }

    private WeakReference<Object> used(MigrationStream[] kept) {
        ReferenceMigration other = new ReferenceMigration(ALL);
        MigrationMachine used = new MigrationMachine("0000:01:00.3", other, worker, LONG);
        kept[0] = used.set(PRE_COPY).orElseThrow();
        kept[0].read(ByteBuffer.allocate(64));
        used.end();
        worker.run("close", LONG, () -> { });
        return new WeakReference<>(other);
    }

    /** The driver refuses an arc from where it is not, which would be EIO. */
    @Test
    void driverIsWhereTheCoreSaysWhateverUsersAndResetsDo() throws Exception {
        Set<Errno> errnos = ConcurrentHashMap.newKeySet();
        List<CompletableFuture<Void>> users = new ArrayList<>();
        for (int user = 0; user < 4; user++) {
            Random random = new Random(user);
            users.add(CompletableFuture.runAsync(() -> {
                for (int step = 0; step < 300; step++) {
                    try {
                        machine.set(MigrationState.of(1 + random.nextInt(7)));
                    } catch (VfioException e) {
                        errnos.add(e.errno());
                    }
                }
            }, OWN_THREAD));
        }
        CompletableFuture<Void> all = CompletableFuture.allOf(users.toArray(new CompletableFuture<?>[0]));
        while (!all.isDone()) {
            machine.afterReset();
            Thread.onSpinWait();
        }
        all.get();
        assertTrue(Set.of(Errno.EINVAL, Errno.EAGAIN).containsAll(errnos), errnos.toString());
        worker.run("sweep", LONG, () -> { });
        assertEquals(machine.state(), driver.at);
        machine.end();
        worker.run("close", LONG, () -> { });
        assertEquals(driver.begun.get(), driver.closed.size());
    }

    @Test
    void waitingUsersGetTheirTurnOrTheEnd() throws Exception {
        CompletableFuture<Errno> first = hanging(() -> machine.set(STOP));
        List<Supplier<Object>> waiting = List.of(() -> machine.set(RUNNING), machine::stopCopyLength);
        List<CompletableFuture<Errno>> errnos = waiting.stream()
                .map(act -> CompletableFuture.supplyAsync(() -> errno(act::get), OWN_THREAD)).toList();
        machine.end();
        release.countDown();
        assertEquals(Errno.ENODEV, first.get());
        for (CompletableFuture<Errno> errno : errnos) {
            assertEquals(Errno.ENODEV, errno.get());
        }
    }
}
