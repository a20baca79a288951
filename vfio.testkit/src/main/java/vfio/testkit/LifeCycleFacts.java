// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_MASTER;
import static vfio.testkit.Facts.notChecked;
import static vfio.testkit.Facts.require;
import static vfio.testkit.Facts.wrong;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.pci.core.PciBinding;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.id.RegionIndex;

/** From probe to remove, and from the first open to the last close. */
interface LifeCycleFacts extends Facts {

    @Test
    default void probeMakesABindingForTheDeviceItWasGiven() {
        try {
            rig().bind();
        } catch (VfioException e) {
            wrong("probe did not take the function: " + e.getMessage(),
                    "probe returns new operations made for its device, or "
                    + "declines by a VfioException; then run the contract on a function that it takes");
        }
    }

    @Test
    default void theDeviceOpensAndClosesAndOpensAgain() {
        bound();
        for (String time : List.of("first", "second")) {
            try {
                rig().open().close();
            } catch (VfioException e) {
                wrong("the " + time + " open failed: " + e.getMessage(),
                        "openDevice works after each closeDevice, which undoes all of it");
            }
        }
    }

    /** The binding; where there is none the fact about that says why. */
    default PciBinding bound() {
        try {
            rig().bind();
            return rig().binding();
        } catch (VfioException e) {
            return notChecked("probe does not take the function: " + e.getMessage());
        }
    }

    @Test
    default void closeTurnsBusMasterOff() {
        try (DeviceHandle handle = open()) {
            Region config = handle.region(RegionIndex.CONFIG);
            config.write16(COMMAND, (short) (config.read16(COMMAND) | COMMAND_MASTER));
        }
        int command = rig().function().config().read(COMMAND, 2);
        require((command & COMMAND_MASTER) == 0, "the function is still a bus master after the last close (command %04x)"
                .formatted(command), "end closeDevice with super.closeDevice(), and write no command register after it");
    }

    @Test
    default void closeEndsTheThreadsOfOpen() {
        bound();
        Threads before = new Threads(rig().limit());
        try {
            rig().open().close();
        } catch (VfioException e) {
            notChecked("the device does not open: " + e.getMessage());
        }
        List<String> left = before.left();
        require(left.isEmpty(), "threads that openDevice started live on after closeDevice: " + left,
                "end and join them in closeDevice");
    }

    /** Each call that an open makes of the core fails once. */
    @Test
    default void anOpenThatFailsLeavesNothingOpen() {
        opensTwice();
        boolean failed = true;
        for (int call = 0; failed; call++) {
            Threads before = new Threads(rig().limit());
            rig().watch().failOpenAt(call);
            String refusal = open("");
            failed = rig().watch().failed();
            rig().watch().failOpenAt(-1);
            List<String> left = failed ? before.left() : List.of();
            require(left.isEmpty(), "an open that failed left threads: " + left + " (" + refusal + ")",
                    "undo in openDevice what came before the call that threw; closeDevice is not called then");
            String after = open(null);
            require(after == null, "after an open that failed (" + refusal + ") the next one failed, too: " + after,
                    "undo in openDevice what came before the call that threw; closeDevice is not called then");
        }
    }

    private void opensTwice() {
        bound();
        Threads before = new Threads(rig().limit());
        if (open(null) != null || open(null) != null || !before.left().isEmpty()) {
            notChecked("the device does not open, close and open again, or leaves threads when it does");
        }
    }

    /** Opens and closes: answers what was thrown, or {@code fine}. */
    private String open(String fine) {
        try {
            rig().open().close();
            return fine;
        } catch (VfioException e) {
            return e.getMessage();
        }
    }

    @Test
    default void removeUndoesProbe() {
        String config = config();
        Threads before = new Threads(rig().limit());
        bound();
        Rig rig = rig();
        try {
            rig.unbind();
        } catch (VfioException e) {
            wrong("remove failed: " + e.getMessage(), "remove undoes probe whatever has become of the device, and throws "
                    + "nothing");
        }
        List<String> left = before.left();
        require(left.isEmpty(), "threads that probe started live on after remove: " + left, "end and join them in remove");
        require(config().equals(config), "configuration space is not as it was before probe",
                "write back in remove what probe has changed");
        require(rig.function().side().raw().orElseThrow().listener(null) == null,
                "the function's listener is still set after remove", "set none: the core listens while the device is open");
    }

    private String config() {
        ConfigSpace config = rig().function().config();
        byte[] bytes = new byte[config.size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) config.read(i, 1);
        }
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    default void usersWhoOpenAtOnceOpenTheDriverOnce() {
        bound();
        List<DeviceHandle> handles = openedByMany(8);
        int opens = rig().watch().opens();
        handles.forEach(DeviceHandle::close);
        require(opens == 1, "8 users who opened at once opened the core " + opens + " times",
                "leave openDevice() to the core; add to the device in openDevice(Opening)");
    }

    private List<DeviceHandle> openedByMany(int users) {
        CountDownLatch start = new CountDownLatch(1);
        List<CompletableFuture<DeviceHandle>> opening = new ArrayList<>();
        for (int i = 0; i < users; i++) {
            CompletableFuture<DeviceHandle> open = new CompletableFuture<>();
            opening.add(open);
            new Thread(() -> {
                try {
                    start.await();
                    open.complete(rig().open());
                } catch (InterruptedException | RuntimeException e) {
                    open.completeExceptionally(e);
                }
            }, "contract user " + i).start();
        }
        start.countDown();
        try {
            return opening.stream().map(CompletableFuture::join).toList();
        } catch (CompletionException e) {
            return notChecked("the device does not open: " + e.getCause().getMessage());
        }
    }
}
