// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.core.driver.DriverWorker;

/** A device goes back to the driver of before, with or without a word of the driver that has it. */
class TakeBackTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final SharedMemory memory = new TestMemory(4096);
    private final DriverWorker worker = new DriverWorker("first", fault -> { });
    private final DriverWorker brokenWorker = new DriverWorker("broken", fault -> { });
    private final HandingDriver first = new HandingDriver(memory, "first");
    private final HandingDriver broken = new HandingDriver(memory, "broken");
    private final HandingDriver again = new HandingDriver(memory, "again");
    private final CountDownLatch release = new CountDownLatch(1);
    private final VfioDevice device = new VfioDevice("0000:01:00.0", new DeviceSet.Registry(), "set", first, worker, LIMIT,
            () -> { });
    private DeviceHandle handle;

    @BeforeEach
    void breakNothingYet() {
        first.handed = writes -> DriverState.of(1).with("writes", writes).lasting();
        handle = device.open(VfioUser.named("user"));
        handle.region(0).write64(0, 1);
    }

    @AfterEach
    void end() {
        release.countDown();
        device.leave(Duration.ZERO);
        worker.close();
        brokenWorker.close();
    }

    private void goOver() {
        device.exchange(new Seat(broken, brokenWorker, LIMIT), () -> OptionalInt.of(1), () -> { });
        handle.region(0).write64(0, 1);
        broken.handed = writes -> null;
    }

    private void takeBack(Supplier<OptionalInt> version) {
        device.takeBack(new Seat(again, worker, LIMIT), version, () -> { });
    }

    private VfioException refused(Supplier<OptionalInt> version) {
        return assertThrows(VfioException.class, () -> takeBack(version));
    }

    @Test
    void lastingStateIsGoneOnFrom() {
        goOver();
        takeBack(() -> OptionalInt.of(1));
        assertEquals(1, again.writes.get());
        assertEquals(List.of("takeOver"), again.calls());
        assertTrue(handle.isOpen());
    }

    @Test
    void lastingStateIsGoneOnFromWhereNoVersionIsInCommon() {
        goOver();
        takeBack(() -> {
            throw new VfioException(Errno.EOPNOTSUPP, "nothing in common");
        });
        assertEquals(1, again.writes.get());
    }

    @Test
    void driverThatWorksIsAsked() {
        goOver();
        broken.handed = writes -> DriverState.of(1).with("writes", writes);
        takeBack(() -> OptionalInt.of(1));
        assertEquals(2, again.writes.get());
    }

    @Test
    void driverThatStillHandsOverIsNotWaitedFor() {
        goOver();
        broken.onHandOver = () -> TestDriver.hang(release);
        takeBack(() -> OptionalInt.of(1));
        handle.region(0).write64(0, 1);
        assertEquals(2, again.writes.get());
        release.countDown();
        brokenWorker.run("come back", LIMIT, () -> { });
        assertEquals(List.of("takeOver", "handOver", "handedOver"), broken.calls());
    }

    @Test
    void withoutALastingStateTheDeviceStays() {
        first.handed = writes -> DriverState.of(1).with("writes", writes);
        goOver();
        VfioException refusal = refused(() -> OptionalInt.of(1));
        assertEquals(Kind.NOT_HANDED_OVER, refusal.kind());
        assertEquals(Errno.EINVAL, refusal.errno());
        assertEquals(List.of("takeOver", "handOver", "stay"), broken.calls());
        handle.region(0).write64(0, 1);
        assertEquals(3, broken.writes.get());
    }

    @Test
    void forgottenStateIsNotGoneOnFrom() {
        goOver();
        device.forgetState();
        assertEquals(Kind.NOT_HANDED_OVER, refused(() -> OptionalInt.of(1)).kind());
    }

    @Test
    void driverWithoutAStateIsNotAsked() {
        goOver();
        takeBack(() -> OptionalInt.of(0));
        assertEquals(List.of("takeOver"), again.calls());
        takeBack(OptionalInt::empty);
        assertEquals(List.of("takeOver", "handedOver"), broken.calls());
    }

    @Test
    void driverOfBeforeThatFailsTooLeavesTheDeviceWhereItIs() {
        goOver();
        again.onTakeOver = () -> {
            throw new IllegalStateException("bug");
        };
        assertEquals(Kind.NOT_HANDED_OVER, refused(() -> OptionalInt.of(1)).kind());
        assertEquals(List.of("takeOver", "handOver", "stay"), broken.calls());
        assertTrue(handle.isOpen());
    }

    @Test
    void stateIsGoneWithItsOpenDevice() {
        goOver();
        handle.close();
        handle = device.open(VfioUser.named("user"));
        assertEquals(Kind.NOT_HANDED_OVER, refused(() -> OptionalInt.of(1)).kind());
    }

    @Test
    void healthIsAskedOfAnOpenDeviceAlone() {
        broken.healthy = false;
        goOver();
        assertFalse(device.healthy());
        handle.close();
        assertTrue(device.healthy());
    }
}
