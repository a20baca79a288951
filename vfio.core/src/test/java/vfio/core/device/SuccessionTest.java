// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.dirty.ReferenceLog;
import vfio.core.iova.IovaRange;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationState;
import vfio.core.migration.ReferenceMigration;

/** The driver behind an open device is exchanged: its users do not notice, or it was not. */
class SuccessionTest extends ExchangedDevice {
    @Test
    void aDeviceThatNobodyHasOpenChangesItsDriverWithoutACall() {
        HandingDriver next = new HandingDriver(memory, "next");
        assertEquals(Duration.ZERO, exchange(next, state()).pause());
        assertEquals(List.of(), first.calls());
        assertEquals(List.of(), next.calls());
        open().close();
        assertEquals(List.of(), first.calls());
        assertEquals(List.of("open", "release", "close"), next.calls());
    }

    @Test
    void handleRegionMappingAndStateGoOn() {
        DeviceHandle handle = open();
        Region register = handle.region(0);
        Mapping mapping = handle.region(1).map(0, 4096);
        register.write64(0, 1);
        register.write64(0, 1);
        HandingDriver next = new HandingDriver(memory, "next");
        Exchanged exchanged = exchange(next, state());
        assertTrue(exchanged.bytes() > 0 && exchanged.pause().toNanos() > 0, exchanged.toString());
        assertEquals(2, register.read64(0));
        register.write64(0, 1);
        assertEquals(3, next.writes.get());
        assertEquals(2, first.writes.get());
        mapping.write32(0, 7);
        assertEquals(7, handle.region(1).read32(0));
        handle.setIrqs(IrqRequest.disable(0));
        assertEquals(List.of("open", "handOver", "handedOver"), first.calls());
        assertEquals(List.of("takeOver", "irqs"), next.calls());
        handle.close();
        assertEquals(List.of("takeOver", "irqs", "release", "close"), next.calls());
        assertEquals(1, committed.get());
    }

    @Test
    void aDriverWithoutAStateIsNotCalled() {
        DeviceHandle handle = open();
        HandingDriver next = new HandingDriver(memory, "next");
        assertEquals(0, exchange(next, OptionalInt.empty()).bytes());
        handle.region(0).write64(0, 1);
        assertEquals(List.of("open"), first.calls());
        assertEquals(List.of(), next.calls());
        assertEquals(1, next.writes.get());
    }

    @Test
    void aDriverWhoseStateIsZeroOpensItsPartsAnew() {
        DeviceHandle handle = open();
        HandingDriver next = new HandingDriver(memory, "next");
        exchange(next, OptionalInt.of(0));
        handle.region(0).write64(0, 1);
        assertEquals(List.of("open", "handedOver"), first.calls());
        assertEquals(List.of("takeOver"), next.calls());
    }

    @Test
    void aDeviceThatIsUnpluggedInThePauseIsGone() {
        DeviceHandle handle = open();
        HandingDriver next = new HandingDriver(memory, "next");
        next.onTakeOver = device::cutOff;
        assertEquals(Errno.ENODEV, refused(next, state()));
        assertFalse(handle.isOpen());
        assertEquals(0, committed.get());
        device.revoke();
        assertEquals("close", first.calls().get(first.calls().size() - 1));
        assertEquals(List.of("takeOver", "handedOver"), next.calls());
    }

    @Test
    void aCallThatDoesNotEndIsEbusyAndNobodyWaits() throws InterruptedException {
        DeviceHandle handle = open();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        first.onWrite = () -> {
            inside.countDown();
            TestDriver.hang(end);
        };
        CompletableFuture<Void> user = CompletableFuture.runAsync(() -> handle.region(0).write64(0, 1));
        inside.await();
        assertEquals(Errno.EBUSY, refused(new HandingDriver(memory, "next"), state()));
        first.onWrite = () -> { };
        end.countDown();
        user.join();
        assertStayed(handle);
    }

    /** As the listener of an interrupt does that an access has raised. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void anAccessFromInsideAnAccessDoesNotStopTheExchange(int depth) {
        DeviceHandle handle = open();
        Region register = handle.region(0);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger deep = new AtomicInteger();
        Runnable again = () -> {
            if (deep.get() < depth) {
                deep.incrementAndGet();
                register.write64(0, 1);
                deep.decrementAndGet();
            }
        };
        first.onWrite = again;
        AtomicLong written = new AtomicLong();
        CompletableFuture<Void> user = CompletableFuture.runAsync(() -> {
            while (!stop.get()) {
                register.write64(0, 1);
                written.addAndGet(1 + depth);
            }
        });
        HandingDriver last = first;
        for (int round = 0; round < 50; round++) {
            HandingDriver next = new HandingDriver(memory, "next " + round);
            next.onWrite = again;
            exchangeInTheEnd(next);
            last = next;
        }
        stop.set(true);
        user.join();
        assertEquals(written.get(), last.writes.get());
    }

    private static final class Busy implements VfioUser {
        @Override
        public String name() {
            return "server of many";
        }

        @Override
        public boolean waits() {
            return false;
        }
    }

    /** A server of many connections on one thread must never wait for one of them. */
    @Test
    void aUserThatDoesNotWaitIsToldToComeAgainAndWhen() throws InterruptedException {
        DeviceHandle handle = device.open(new Busy());
        Region register = handle.region(0);
        Mapping mapping = handle.region(1).map(0, 4096);
        CountDownLatch paused = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch resumed = new CountDownLatch(2);
        HandingDriver next = new HandingDriver(memory, "next");
        next.onTakeOver = () -> {
            paused.countDown();
            TestDriver.hang(end);
        };
        assertFalse(handle.held(resumed::countDown));
        CompletableFuture<Exchanged> exchange = CompletableFuture.supplyAsync(() -> exchange(next, state()));
        paused.await();
        for (Runnable act : List.<Runnable>of(() -> register.write64(0, 1), () -> register.read64(0), handle::info,
                () -> handle.irqInfo(0), () -> handle.setIrqs(IrqRequest.disable(0)))) {
            VfioException held = assertThrows(VfioException.class, act::run);
            assertEquals(VfioException.Kind.HELD, held.kind());
            assertEquals(Errno.EAGAIN, held.errno());
        }
        mapping.write32(0, 7); // no driver's code: it goes on
        assertTrue(handle.held(() -> {
            throw new IllegalStateException("whatever it does");
        }));
        assertTrue(handle.held(resumed::countDown) && handle.held(resumed::countDown));
        end.countDown();
        exchange.join();
        resumed.await();
        assertFalse(handle.held(resumed::countDown));
        register.write64(0, 1);
        assertEquals(1, next.writes.get());
        assertEquals(0, first.writes.get());
    }

    @Test
    void whoIsInsideACallMayNotExchange() {
        DeviceHandle handle = open();
        AtomicInteger errno = new AtomicInteger();
        first.onWrite = () -> errno.set(refused(new HandingDriver(memory, "next"), state()).number());
        handle.region(0).write64(0, 1);
        assertEquals(Errno.EDEADLK.number(), errno.get());
    }

    @Test
    void aDeviceThatLeavesIsNotExchanged() {
        device.leave(Duration.ZERO);
        assertEquals(Errno.ENODEV, refused(new HandingDriver(memory, "next"), state()));
    }

    /** Many swaps, some with faulty drivers, under users' accesses: no error, and no write lost. */
    @Test
    void usersSeeNothingOfAHundredExchanges() {
        DeviceHandle handle = open();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong written = new AtomicLong();
        List<CompletableFuture<Void>> users = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            users.add(CompletableFuture.runAsync(() -> {
                Region register = handle.region(0);
                while (!stop.get()) {
                    register.write64(0, 1);
                    written.incrementAndGet();
                    register.read64(0);
                    handle.setIrqs(IrqRequest.disable(0));
                    assertEquals(1, handle.irqInfo(0).count());
                }
            }));
        }
        HandingDriver last = first;
        for (int round = 0; round < 100; round++) {
            HandingDriver next = new HandingDriver(memory, "next " + round);
            if (round % 3 == 0) {
                next.onTakeOver = throwing(new IllegalStateException());
                Errno errno = refused(next, state());
                assertTrue(errno == Errno.EIO || errno == Errno.EBUSY, errno.text());
            } else {
                exchangeInTheEnd(next);
                last = next;
            }
        }
        stop.set(true);
        users.forEach(CompletableFuture::join);
        assertEquals(written.get(), last.writes.get());
        assertSame(handle.info(), handle.info());
    }

    @Test
    void stateIsWhatTheDriverWouldHandOverAndItStays() {
        VfioException closed = assertThrows(VfioException.class, () -> device.state(1));
        assertEquals(Errno.ENODEV, closed.errno());
        assertTrue(closed.sentence().contains("nobody has it open"), closed.getMessage());
        DeviceHandle handle = open();
        handle.region(0).write64(0, 1);
        assertEquals(1, device.state(1).number("writes", 0));
        assertEquals(List.of("open", "handOver", "stay"), first.calls());
        first.onHandOver = throwing(new IllegalStateException("bug"));
        assertEquals(Errno.EIO, assertThrows(VfioException.class, () -> device.state(1)).errno());
        assertEquals(List.of("handOver", "stay"), first.calls().subList(3, 5));
        first.onHandOver = () -> { };
        assertStayed(handle);
    }

    /** A device that is revoked while it is handed over is closed by a driver that knows that it stays. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoIsClosedInThePauseStaysFirst(boolean inTakeOver) {
        open();
        HandingDriver next = new HandingDriver(memory, "next");
        Runnable revoke = () -> CompletableFuture.runAsync(() -> {
            try {
                device.revoke(Duration.ofMillis(1)); // less than the exchange takes: it closes without the set's lock
            } catch (VfioException e) {
                assertEquals(Errno.EBUSY, e.errno());
            }
        }, call -> new Thread(call).start()).join();
        if (inTakeOver) {
            next.onTakeOver = revoke;
        } else {
            first.onHandOver = revoke;
        }
        assertEquals(Errno.ENODEV, refused(next, state()));
        workers.get(0).run("wait", LIMIT, () -> { });
        assertEquals(List.of("open", "handOver", "stay", "close"),
                first.calls().stream().filter(call -> !call.equals("release")).toList());
        assertEquals(List.of("takeOver", "handedOver"), next.calls());
    }

    /** Only a device that runs, without a stream, is handed over. */
    @ParameterizedTest
    @EnumSource(value = MigrationState.class, names = {"STOP", "STOP_COPY", "RESUMING", "RUNNING_P2P", "PRE_COPY",
            "PRE_COPY_P2P"})
    void aDeviceThatMigratesIsEbusyUntilItRunsAgain(MigrationState state) {
        first.migration = new ReferenceMigration(new MigrationFlags(true, true));
        DeviceHandle handle = open();
        handle.migration().set(state);
        HandingDriver next = new HandingDriver(memory, "next");
        next.migration = new ReferenceMigration(new MigrationFlags(true, true));
        for (OptionalInt version : List.of(OptionalInt.empty(), state())) {
            VfioException refusal = assertThrows(VfioException.class, () -> exchange(next, version));
            assertEquals(Errno.EBUSY, refusal.errno());
            assertTrue(refusal.sentence().contains("migration state " + state + ";"), refusal.sentence());
        }
        handle.migration().set(MigrationState.RUNNING);
        exchange(next, state());
        handle.migration().set(MigrationState.STOP);
        assertEquals(List.of("open", "handOver", "handedOver"), first.calls());
        assertEquals(Errno.EBUSY, refused(new HandingDriver(memory, "after"), state()));
    }

    @Test
    void aDeviceInErrorIsEbusyUntilItIsReset() {
        ReferenceMigration breaks = new ReferenceMigration(new MigrationFlags(true, true));
        breaks.failIn = 0;
        breaks.broken = true;
        first.migration = breaks;
        DeviceHandle handle = open();
        assertThrows(VfioException.class, () -> handle.migration().set(MigrationState.STOP));
        HandingDriver next = new HandingDriver(memory, "next");
        next.migration = new ReferenceMigration(new MigrationFlags(true, true));
        VfioException refusal = assertThrows(VfioException.class, () -> exchange(next, state()));
        assertTrue(refusal.errno() == Errno.EBUSY && refusal.sentence().contains("reset it"), refusal.getMessage());
        handle.reset();
        exchange(next, state());
        assertEquals(MigrationState.RUNNING, handle.migration().state());
    }

    @Test
    void aDeviceWhoseDirtyLogRunsIsEbusyUntilTheLogIsStopped() {
        first.log = new ReferenceLog();
        DeviceHandle handle = open();
        handle.dirtyPages().start(4096, List.of(IovaRange.of(0, 1 << 20)));
        HandingDriver next = new HandingDriver(memory, "next");
        next.log = new ReferenceLog();
        VfioException refusal = assertThrows(VfioException.class, () -> exchange(next, state()));
        assertTrue(refusal.errno() == Errno.EBUSY && refusal.sentence().contains("dirty log"), refusal.getMessage());
        handle.dirtyPages().stop();
        exchange(next, state());
        handle.dirtyPages().start(4096, List.of(IovaRange.of(0, 1 << 20)));
        handle.dirtyPages().stop();
    }

    /** What a driver gives back at the last close users still have. */
    @Test
    void regionsAreReleasedAtTheLastCloseAlone() {
        DeviceHandle handle = open();
        HandingDriver next = new HandingDriver(memory, "next");
        exchange(next, state());
        assertFalse(first.calls().contains("release"), first.calls().toString());
        handle.close();
        assertEquals(List.of("takeOver", "release", "close"), next.calls());
        assertFalse(first.calls().contains("release"), first.calls().toString());
    }
}
