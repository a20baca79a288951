// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.feature.Feature;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;

/** A driver that fails, hangs or lies while the device goes over: the driver of before has the device. */
class SuccessionFaultsTest extends ExchangedDevice {
    private static Stream<Arguments> otherFacts() {
        return Stream.of(
                Arguments.of("device info", (Consumer<HandingDriver>) c -> c.info = new DeviceInfo(1, 2, 1, List.of())),
                Arguments.of("regions", (Consumer<HandingDriver>) c -> c.info = new DeviceInfo(0, 1, 1, List.of())),
                Arguments.of("interrupts", (Consumer<HandingDriver>) c -> c.irq = new IrqInfo(0, IrqInfo.EVENTFD, 2)),
                Arguments.of("size", (Consumer<HandingDriver>) c -> c.size = 16),
                Arguments.of("memory", (Consumer<HandingDriver>) c -> c.mapped = new TestMemory(4096)),
                Arguments.of("features", (Consumer<HandingDriver>) c -> c.features = Features.NONE));
    }

    @ParameterizedTest
    @MethodSource("otherFacts")
    void anotherFactIsEinvalAndTheDriverOfBeforeStays(String fact, Consumer<HandingDriver> lie) {
        first.features = Features.NONE.with(100, Feature.get("OWN", 8, request -> FeatureReply.of(1)));
        DeviceHandle handle = open();
        for (OptionalInt version : List.of(OptionalInt.empty(), state())) {
            HandingDriver next = new HandingDriver(memory, "next");
            next.features = first.features;
            lie.accept(next);
            assertEquals(Errno.EINVAL, refused(next, version));
        }
        assertStayed(handle);
        assertEquals(List.of("open", "handOver", "stay"), first.calls().subList(0, 3));
    }

    private static Stream<Throwable> throwables() {
        return Stream.of(new VfioException(Errno.ENOSPC, "no room"), new IllegalStateException("bug"),
                new StackOverflowError(), new NoClassDefFoundError("acme/Firmware"));
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void whateverHandOverThrowsTheDriverOfBeforeStays(Throwable thrown) {
        DeviceHandle handle = open();
        first.onHandOver = throwing(thrown);
        assertEquals(thrown instanceof VfioException ? Errno.ENOSPC : Errno.EIO,
                refused(new HandingDriver(memory, "next"), state()));
        first.onHandOver = () -> { };
        assertEquals(List.of("open", "handOver", "stay"), first.calls());
        assertStayed(handle);
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void whateverTakeOverThrowsTheDriverOfBeforeStays(Throwable thrown) {
        DeviceHandle handle = open();
        HandingDriver next = new HandingDriver(memory, "next");
        next.onTakeOver = throwing(thrown);
        assertEquals(thrown instanceof VfioException ? Errno.ENOSPC : Errno.EIO, refused(next, state()));
        assertEquals(List.of("takeOver"), next.calls());
        assertStayed(handle);
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void whateverStayThrowsTheDriverOfBeforeHasTheDevice(Throwable thrown) {
        DeviceHandle handle = open();
        HandingDriver next = new HandingDriver(memory, "next");
        next.onTakeOver = throwing(new IllegalStateException());
        first.onStay = throwing(thrown);
        assertEquals(Errno.EIO, refused(next, state()));
        assertStayed(handle);
    }

    @Test
    void aStateOfAnotherVersionOrNoneIsEinval() {
        DeviceHandle handle = open();
        for (DriverState state : new DriverState[] {null, DriverState.none(), DriverState.of(2)}) {
            first.handed = writes -> state;
            assertEquals(Errno.EINVAL, refused(new HandingDriver(memory, "next"), state()));
        }
        first.handed = writes -> DriverState.of(1).with("too large", new byte[DriverState.MOST_BYTES]);
        assertEquals(Errno.E2BIG, refused(new HandingDriver(memory, "next"), state()));
        first.handed = writes -> DriverState.of(1).with("writes", writes);
        assertStayed(handle);
    }

    /** A next version that hangs costs its users the pause, and no more. */
    @Test
    void aNextDriverThatHangsInTakeOverIsGivenUp() {
        DeviceHandle handle = open();
        CountDownLatch end = new CountDownLatch(1);
        HandingDriver next = new HandingDriver(memory, "next");
        next.onTakeOver = () -> TestDriver.hang(end);
        assertEquals(Errno.EBUSY, refused(next, state()));
        end.countDown();
        assertStayed(handle);
    }

    /** A driver that hands over slowly is heard out: nobody calls it in between, and it stays. */
    @Test
    void aDriverThatHandsOverTooSlowlyStays() {
        DeviceHandle handle = open();
        CountDownLatch waiting = new CountDownLatch(1);
        AtomicBoolean handing = new AtomicBoolean();
        AtomicBoolean between = new AtomicBoolean();
        first.onWrite = () -> between.compareAndSet(false, handing.get());
        first.onHandOver = () -> {
            handing.set(true);
            waiting.countDown();
            long end = System.nanoTime() + Duration.ofMillis(1500).toNanos();
            while (System.nanoTime() - end < 0) {
                Thread.onSpinWait();
            }
            handing.set(false);
        };
        CompletableFuture<Void> user = CompletableFuture.runAsync(() -> {
            assertDoesNotThrow(() -> waiting.await());
            handle.region(0).write64(0, 1);
        });
        assertEquals(Errno.EBUSY, refused(new HandingDriver(memory, "next"), state()));
        user.join();
        assertFalse(between.get());
        first.onHandOver = () -> { };
        assertEquals(List.of("open", "handOver", "stay"), first.calls());
        assertStayed(handle);
    }

    @Test
    void aDriverThatDoesNotComeBackLosesTheDevice() {
        DeviceHandle handle = open();
        Region register = handle.region(0);
        CountDownLatch handing = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        first.onHandOver = () -> {
            handing.countDown();
            TestDriver.hang(end);
        };
        CompletableFuture<Errno> waiting = CompletableFuture.supplyAsync(() -> {
            assertDoesNotThrow(() -> handing.await());
            return assertThrows(VfioException.class, () -> register.write64(0, 1)).errno();
        });
        VfioException lost = assertThrows(VfioException.class, () -> exchange(new HandingDriver(memory, "next"), state()));
        assertEquals(VfioException.Kind.STUCK, lost.kind());
        assertFalse(handle.isOpen());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> handle.region(0)).errno());
        assertEquals(Errno.ENODEV, waiting.join());
        assertEquals(0, first.writes.get(), "a call came into the driver that is handing over");
        end.countDown();
    }

    /** A next version whose take-over comes back when it is given up has the device no more, and is told so. */
    @Test
    void aNextDriverThatTakesOverTooLateLetsGo() {
        DeviceHandle handle = open();
        CountDownLatch end = new CountDownLatch(1);
        HandingDriver next = new HandingDriver(memory, "next");
        next.onTakeOver = () -> TestDriver.hang(end);
        DriverWorker slow = worker("slow");
        assertEquals(Errno.EBUSY,
                assertThrows(VfioException.class, () -> exchange(new Seat(next, slow, LIMIT), state())).errno());
        end.countDown();
        slow.run("wait", LIMIT, () -> { });
        assertEquals(List.of("takeOver", "handedOver"), next.calls());
        assertStayed(handle);
    }
}
