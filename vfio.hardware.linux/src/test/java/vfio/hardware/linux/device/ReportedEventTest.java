// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.os.EventFd;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.id.PciAddress;

/** ERR and REQ: the kernel's reach the user and the core, the user's own reach the user alone. */
class ReportedEventTest {
    private static final int REQ = 4;

    private final FakeVfio vfio = new FakeVfio();
    private final Kernel kernel = new Kernel(vfio.calls());
    private final HostDevice device = new HostGroups(() -> kernel, FakeVfio.FOLDER).open(PciAddress.parse("0000:01:00.0"), 7);
    private final AtomicInteger requested = new AtomicInteger();
    private final AtomicInteger errors = new AtomicInteger();
    private final AtomicInteger user = new AtomicInteger();

    @BeforeEach
    void listen() {
        device.listener(new HostDevice.Listener() {
            @Override
            public void requested() {
                requested.incrementAndGet();
            }

            @Override
            public void errorDetected() {
                errors.incrementAndGet();
            }
        });
    }

    @AfterEach
    void nothingStaysOpen() {
        device.close();
        assertEquals(List.of(), vfio.open());
    }

    private Errno refused(IrqRequest request) {
        return assertThrows(VfioException.class, () -> device.setIrqs(request)).errno();
    }

    @Test
    void kernelsEventReachesTheUserAndTheCore() {
        vfio.raise("4.0");
        await().until(() -> requested.get() == 1);
        device.setIrqs(IrqRequest.trigger(REQ, 0, EventSignal.calling(user::incrementAndGet)));
        vfio.raise("4.0");
        await().until(() -> requested.get() == 2);
        assertEquals(1, user.get());
        vfio.raise("3.0");
        await().until(() -> errors.get() == 1);
    }

    @Test
    void usersFiringReachesTheUserAlone() {
        assertEquals(Errno.EINVAL, refused(IrqRequest.fire(REQ, 0, 1)), "nothing is wired");
        try (EventFd event = kernel.eventFd()) {
            device.setIrqs(IrqRequest.trigger(REQ, 0, event));
            device.setIrqs(IrqRequest.fire(REQ, 0, 1));
            device.setIrqs(IrqRequest.of(IrqRequest.ACTION_TRIGGER | IrqRequest.DATA_BOOL, REQ, 0, 1, new boolean[] {true},
                    new EventSignal[0]));
            assertEquals(2, event.take());
            device.setIrqs(IrqRequest.disable(REQ));
            assertEquals(Errno.EINVAL, refused(IrqRequest.disable(REQ)));
        }
        assertEquals(0, requested.get());
        vfio.raise("4.0");
        await().until(() -> requested.get() == 1);
    }

    @Test
    void signalThatIsClosedIsRefused() {
        EventFd closed = kernel.eventFd();
        closed.close();
        assertEquals(Errno.EBADF, refused(IrqRequest.trigger(REQ, 0, closed)));
        assertEquals(Errno.EINVAL, refused(IrqRequest.trigger(REQ, 0)), "no data");
        device.setIrqs(IrqRequest.trigger(REQ, 0, (EventSignal) null));
    }

    @Test
    void whatIsWrongInItselfIsTheKernelsToAnswer() {
        vfio.fails = Errno.ENOTTY;
        vfio.failing = VfioAbi.DEVICE_SET_IRQS;
        assertEquals(Errno.ENOTTY, refused(IrqRequest.mask(REQ, 0, 1)));
        assertEquals(Errno.ENOTTY, refused(IrqRequest.fire(REQ, 0, 2)));
    }

    @Test
    void deviceThatReportsNothingIsLeftAlone() {
        FakeVfio other = new FakeVfio();
        other.fails = Errno.EINVAL;
        other.failing = VfioAbi.DEVICE_SET_IRQS;
        Kernel otherKernel = new Kernel(other.calls());
        try (HostDevice silent = new HostGroups(() -> otherKernel, FakeVfio.FOLDER)
                .open(PciAddress.parse("0000:01:00.0"), 7)) {
            silent.listener(new HostDevice.Listener() {
                @Override
                public void requested() {
                    requested.incrementAndGet();
                }

                @Override
                public void errorDetected() {
                    errors.incrementAndGet();
                }
            });
            assertEquals(9, silent.info().regions());
        }
        assertEquals(List.of(), other.open());
    }
}
