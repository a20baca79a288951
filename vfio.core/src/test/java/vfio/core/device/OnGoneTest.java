// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.driver.DriverWorker;

/** Who wants to know that a handle has become stale is told. */
class OnGoneTest {
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final VfioDevice device = new VfioDevice("0000:01:00.0", new DeviceSet.Registry(), "slot", new TestDriver(),
            worker,
            Duration.ofMinutes(1), () -> { });
    private final DeviceHandle handle = device.open(VfioUser.named("user"));
    private final List<String> told = new ArrayList<>();

    @AfterEach
    void end() {
        device.revoke();
        worker.close();
    }

    @Test
    void closeIsToldOnceWhenTheHandleIsStale() {
        handle.onGone(() -> {
            assertFalse(handle.isOpen());
            told.add("gone");
        });
        assertEquals(List.of(), told);
        handle.close();
        handle.close();
        device.revoke();
        assertEquals(List.of("gone"), told);
    }

    @Test
    void bothRoadsOfTheDeviceAreTold() {
        DeviceHandle other = device.open(VfioUser.named("other"));
        handle.onGone(() -> told.add("a"));
        other.onGone(() -> told.add("b"));
        other.close();
        assertEquals(List.of("b"), told);
        device.leave(Duration.ZERO);
        assertEquals(List.of("b", "a"), told);
    }

    @Test
    void whoComesLateIsToldAtOnce() {
        device.revoke();
        handle.onGone(() -> told.add("gone"));
        assertEquals(List.of("gone"), told);
    }

    @Test
    void whoEndedItHearsNothingAndOneThatThrowsKeepsNobodyElse() throws Exception {
        handle.onGone(() -> told.add("ended")).close();
        handle.onGone(() -> {
            throw new IllegalStateException("listener");
        });
        handle.onGone(() -> told.add("heard"));
        device.revoke();
        assertEquals(List.of("heard"), told);
    }
}
