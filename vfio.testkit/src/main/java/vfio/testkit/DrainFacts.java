// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.testkit.Facts.notChecked;
import static vfio.testkit.Facts.refusal;
import static vfio.testkit.Facts.require;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.core.device.VfioDevice;
import vfio.core.device.VfioUser;
import vfio.core.thread.DaemonThread;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.RegionIndex;

/** The device is asked for while its users have it open. */
interface DrainFacts extends Facts {

    @Test
    default void aRequestReturns() throws Exception {
        try (DeviceHandle handle = open()) {
            CompletableFuture<Void> asked = new CompletableFuture<>();
            VfioPciOperations operations = (VfioPciOperations) rig().binding();
            DaemonThread.start("contract request of " + handle.deviceName(), () -> {
                refusal(() -> operations.request(0));
                asked.complete(null);
            });
            asked.get(rig().limit().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            Facts.wrong("request did not return within " + rig().limit().toSeconds() + " s",
                    "tell users and return: the core waits for them");
        }
    }

    @Test
    default void aRequestReachesTheReqInterrupt() {
        try (DeviceHandle handle = open()) {
            Wires wires = wired(handle);
            rig().device().askUsers();
            require(comes(() -> wires.count(0) > 0), "the device was asked for, and its REQ interrupt did not come",
                    "call super.request(count) in request");
        }
    }

    private static Wires wired(DeviceHandle handle) {
        try {
            return Wires.of(handle, IrqIndex.REQ, 1);
        } catch (VfioException e) {
            return notChecked("the REQ interrupt cannot be wired: " + e.getMessage());
        }
    }

    @Test
    default void aUserThatClosesEndsTheDrain() {
        Obliging user = new Obliging(rig().limit());
        DeviceHandle handle = Facts.open(rig(), user);
        user.wires = wired(handle);
        VfioDevice device = rig().device();
        List<String> revoked = device.leave(Duration.ofMinutes(1));
        require(revoked.isEmpty(), "a user that closed when it was asked was revoked all the same",
                "let closeDevice come to "
                + "its end, whoever asks");
        rig().fault().ifPresent(fault -> Facts.wrong("closeDevice did not return after a request: "
                + fault.lines().findFirst().orElse(""), "hold no lock in request, and wait for no user in closeDevice"));
    }

    /** Closes as soon as it is asked in both ways. */
    final class Obliging implements VfioUser {
        private final Duration patience;
        private volatile Wires wires;

        private Obliging(Duration patience) {
            this.patience = patience;
        }

        @Override
        public String name() {
            return "obliging";
        }

        @Override
        public void requested(DeviceHandle handle) {
            Facts.comes(patience, () -> wires.count(0) > 0);
            handle.close();
        }
    }

    /** It keeps MSI or INTx wired, and maps what it can. */
    @Test
    default void aUserThatDoesNotCloseIsRevoked() {
        DeviceHandle handle = open();
        Region config = handle.region(RegionIndex.CONFIG);
        int index = index(handle);
        Wires wires = index < 0 ? null : Wires.of(handle, index, 1);
        List<String> revoked = rig().device().leave(Duration.ofMillis(10));
        require(revoked.size() == 1, "a user that did not close was not revoked, but " + revoked, "leave users to the core");
        stale(() -> config.read32(0));
        stale(handle::info);
        stale(handle::reset);
        stale(() -> handle.setIrqs(IrqRequest.disable(IrqIndex.MSI)));
        stale(() -> handle.migration().state());
        quiet(index, wires);
    }

    /** What the function can interrupt by, below 0 for nothing. */
    private static int index(DeviceHandle handle) {
        for (int index : new int[] {IrqIndex.MSIX, IrqIndex.MSI, IrqIndex.INTX}) {
            if (refusal(() -> Wires.of(handle, index, 1)) == null) {
                refusal(() -> handle.setIrqs(IrqRequest.disable(index)));
                return index;
            }
        }
        return -1;
    }

    private static void stale(Runnable use) {
        Errno answered = refusal(use);
        require(answered == Errno.ENODEV, "a handle that was revoked answers " + answered + ", not ENODEV",
                "leave users to the core, and hand out nothing of your own");
    }

    private void quiet(int index, Wires wires) {
        if (wires == null) {
            return;
        }
        if (index == IrqIndex.INTX) {
            rig().assertIntx(true);
            rig().assertIntx(false);
        } else {
            rig().raise(0);
        }
        require(wires.all(0), "an interrupt came to a user that was revoked",
                "call super.closeDevice() in every closeDevice: it "
                + "takes back what users left wired");
    }
}
