// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DriverState;

/** A function goes back to the build that it came from, whatever the build that has it does. */
class GivingBackTest {
    private final TwoBuilds builds = new TwoBuilds();

    @AfterEach
    void end() {
        builds.close();
    }

    private VfioException refused() {
        return assertThrows(VfioException.class, () -> builds.update.back(TwoBuilds.NAME));
    }

    private void move() {
        builds.update.move(TwoBuilds.NAME);
        assertEquals("1.1.0", builds.version());
    }

    private void assertIsBack(DeviceHandle handle) {
        assertEquals("1.0.0", builds.version());
        long before = builds.old.reads.get();
        TwoBuilds.read(handle);
        assertEquals(before + 1, builds.old.reads.get());
        assertEquals("unchanged", builds.update.back(TwoBuilds.NAME).way());
    }

    @Test
    void stateAndUsersGoBackAsTheyCame() {
        builds.with("1", "1");
        DeviceHandle handle = builds.open();
        TwoBuilds.read(handle);
        move();
        TwoBuilds.read(handle);
        assertEquals("state 1", builds.update.back(TwoBuilds.NAME).way());
        assertEquals(2, builds.old.reads.get());
        assertIsBack(handle);
        assertEquals(List.of("takeOver", "parts", "handOver", "handedOver", "remove"), builds.next.calls);
        assertEquals(2, builds.core.events("driver-updated").size());
        move();
        assertEquals(3, builds.next.reads.get());
    }

    @Test
    void idleFunctionGoesBack() {
        builds.with("1", "1");
        move();
        assertEquals("idle", builds.update.back(TwoBuilds.NAME).way());
        assertEquals(List.of("remove"), builds.next.calls);
        assertIsBack(builds.open());
    }

    @Test
    void functionThatWentBackDoesNotFollow() {
        builds.with("1", "1");
        move();
        builds.update.serve(true);
        builds.update.back(TwoBuilds.NAME);
        builds.core.rematch(TwoBuilds.NAME);
        assertEquals("1.0.0", builds.version());
    }

    private static final LongFunction<DriverState> THROWS = count -> {
        throw new IllegalStateException("bug");
    };

    private static Stream<Arguments> broken() {
        LongFunction<DriverState> lies = count -> DriverState.of(9);
        LongFunction<DriverState> nothing = count -> null;
        return Stream.of(Arguments.of("throws", THROWS), Arguments.of("lies", lies), Arguments.of("nothing", nothing));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void brokenBuildIsDoneWithoutWhereTheStateLasts(String how, LongFunction<DriverState> handed) {
        builds.with("1", "1");
        builds.old.handed = count -> DriverState.of(1).with("reads", count).lasting();
        builds.next.handed = handed;
        DeviceHandle handle = builds.open();
        TwoBuilds.read(handle);
        move();
        TwoBuilds.read(handle);
        builds.update.back(TwoBuilds.NAME);
        assertEquals(1, builds.old.reads.get(), "as it was when the old build gave it away");
        assertIsBack(handle);
    }

    @Test
    void buildThatHangsIsDoneWithoutWhereTheStateLasts() {
        builds.with("1", "1");
        builds.old.handed = count -> DriverState.of(1).with("reads", count).lasting();
        builds.next.handed = count -> {
            builds.core.hang();
            return DriverState.of(1);
        };
        DeviceHandle handle = builds.open();
        move();
        builds.update.back(TwoBuilds.NAME);
        assertIsBack(handle);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void brokenBuildLosesItsUsersWhereNothingLasts(String how, LongFunction<DriverState> handed) {
        builds.with("1", "1");
        builds.next.handed = handed;
        builds.next.healthy = () -> false;
        DeviceHandle handle = builds.open();
        move();
        assertTrue(builds.update.illness().isPresent());
        VfioException refusal = refused();
        assertEquals(Kind.STUCK, refusal.kind());
        assertTrue(refusal.sentence().endsWith("its users have lost it; it is bound to acme of acme 1.0.0 again"),
                refusal.sentence());
        assertFalse(handle.isOpen());
        assertIsBack(builds.open());
    }

    @Test
    void faultyBuildWithoutAStateIsNotAsked() {
        builds.with("0", "0");
        DeviceHandle handle = builds.open();
        assertEquals("none", builds.update.move(TwoBuilds.NAME).way());
        builds.next.healthy = () -> {
            builds.core.hang();
            return true;
        };
        assertTrue(builds.update.illness().orElseThrow().contains("stuck in ask whether"));
        assertEquals("none", builds.update.back(TwoBuilds.NAME).way());
        assertIsBack(handle);
        assertFalse(builds.next.calls.contains("handOver"));
    }

    @Test
    void soundBuildKeepsAFunctionForWhichNoWayLeadsBack() {
        builds.with("1", "2 0");
        DeviceHandle handle = builds.open();
        move();
        assertEquals(Errno.EOPNOTSUPP, refused().errno());
        assertEquals("1.1.0", builds.version());
        assertTrue(handle.isOpen());
        builds.next.onRead = () -> {
            throw new IllegalStateException("bug");
        };
        TestCore.errno(() -> TwoBuilds.read(handle));
        assertEquals(Kind.STUCK, refused().kind(), "it works no more");
        assertFalse(handle.isOpen());
        assertIsBack(builds.open());
    }

    @Test
    void buildOfBeforeThatCannotTakeOverLeavesTheFunctionWhereItIs() {
        builds.with("1", "1");
        DeviceHandle handle = builds.open();
        move();
        builds.old.onTakeOver = () -> {
            throw new VfioException(Errno.ENXIO, "no firmware");
        };
        assertEquals(Errno.ENXIO, refused().errno());
        assertEquals("1.1.0", builds.version());
        assertTrue(handle.isOpen());
        assertEquals("stay", builds.next.calls.get(builds.next.calls.size() - 1));
    }

    @Test
    void buildThatLeftIsNoneToGoBackTo() {
        builds.with("1", "1");
        move();
        builds.core.leaves(builds.old.service);
        assertEquals(Errno.ENODEV, refused().errno());
        assertEquals("1.1.0", builds.version());
    }
}
