// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.hardware.linux.device.HostDevices.Access;
import vfio.pci.core.bus.HostDevice;

/** A card that is pulled while it is open: the kernel asks for it, waits, and goes on once it is closed. */
class UnplugTest {
    private static final int REQ = 4;

    @Test
    void cardIsAskedForAndGoesOnceItIsClosed() throws Exception {
        CountDownLatch requested = new CountDownLatch(1);
        AtomicInteger signalled = new AtomicInteger();
        Given card = Given.of(Guest.removable());
        HostDevice device = card.open(Access.AUTO);
        device.listener(new HostDevice.Listener() {
            @Override
            public void requested() {
                requested.countDown();
            }

            @Override
            public void errorDetected() {
                // none is expected
            }
        });
        device.setIrqs(IrqRequest.trigger(REQ, 0, EventSignal.calling(signalled::incrementAndGet)));
        device.setIrqs(IrqRequest.fire(REQ, 0, 1));
        assertEquals(1, signalled.get());
        assertEquals(1, requested.getCount(), "the user's own firing is not the kernel's");
        Guest.unplug();
        assertTrue(requested.await(60, TimeUnit.SECONDS));
        assertTrue(signalled.get() > 1);
        assertTrue(Files.exists(card.directory()), "the kernel waits");
        device.close();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !Files.exists(card.directory()));
        card.close();
        Guest.plug(card.name());
    }
}
