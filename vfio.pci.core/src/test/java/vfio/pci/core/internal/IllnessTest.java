// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DriverState;

/** The signs by which a build that has just got functions is found to be broken. */
class IllnessTest {
    private final TwoBuilds builds = new TwoBuilds().with("1", "1");
    private DeviceHandle handle;

    @BeforeEach
    void move() {
        handle = builds.open();
        builds.update.move(TwoBuilds.NAME);
    }

    @AfterEach
    void end() {
        builds.close();
    }

    private void assertIll(String sign) {
        String said = builds.update.illness().orElseThrow();
        assertTrue(said.startsWith("acme of acme 1.1.0") && said.contains(sign), said);
    }

    private Errno read() {
        return TestCore.errno(() -> TwoBuilds.read(handle));
    }

    @Test
    void whatWorksIsWellAndAskedOnce() {
        TwoBuilds.read(handle);
        assertEquals(Optional.empty(), builds.update.illness());
        assertEquals(Optional.empty(), builds.update.illness());
        assertEquals(List.of("takeOver", "parts", "healthy"), builds.next.calls);
    }

    @Test
    void anErrnoIsNoSign() {
        builds.next.onRead = () -> {
            throw new VfioException(Errno.ENXIO, "not now");
        };
        assertEquals(Errno.ENXIO, read());
        builds.next.healthy = () -> {
            throw new VfioException(Errno.EAGAIN, "not yet");
        };
        assertEquals(Optional.empty(), builds.update.illness());
    }

    @Test
    void anExceptionIsASign() {
        builds.next.onRead = () -> {
            throw new IllegalStateException("bug");
        };
        assertEquals(Errno.EIO, read());
        assertIll("IllegalStateException: bug");
    }

    @Test
    void falseIsASignThatStays() {
        builds.next.healthy = () -> false;
        assertIll("says that it does not work for test/" + TwoBuilds.NAME);
        builds.next.healthy = () -> true;
        assertIll("says that it does not work");
    }

    @Test
    void anExceptionOfHealthyIsASign() {
        builds.next.healthy = () -> {
            throw new AssertionError("bug");
        };
        assertIll("AssertionError");
    }

    @Test
    void aLieIsASign() {
        builds.next.handed = count -> DriverState.of(9);
        TestCore.errno(() -> builds.core.slot(TwoBuilds.NAME).bound().assembly().state());
        assertIll("handed over a state of version 9");
    }

    @Test
    void aCallThatTakesTooLongIsASign() {
        builds.next.healthy = () -> {
            builds.core.hang();
            return true;
        };
        assertIll("stuck in ask whether " + "test/" + TwoBuilds.NAME + " works");
    }

    @Test
    void misdeedsOfTheOldBuildAreNoSign() {
        builds.update.back(TwoBuilds.NAME);
        builds.old.onRead = () -> {
            throw new IllegalStateException("bug");
        };
        assertEquals(Errno.EIO, read());
        assertEquals(Optional.empty(), builds.update.illness());
    }

    @Test
    void driversThatLeftAreASign() {
        builds.core.leaves(builds.next.service);
        assertEquals(Optional.of("its drivers have left"), builds.update.illness());
    }

    @Test
    void functionThatNobodyHasOpenIsNotAskedFor() {
        handle.close();
        builds.next.healthy = () -> false;
        assertEquals(Optional.empty(), builds.update.illness());
    }
}
