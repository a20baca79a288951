// SPDX-License-Identifier: Apache-2.0
package itest.drivers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.core.VfioException;
import vfio.core.device.VfioUser;
import vfio.pci.core.user.VfioPciDevices;

/** A program that opens edu as soon as it has a driver, holds it, and makes the file that {@code ITEST_HOLDER} names. */
@Component(service = Holder.class, immediate = true)
public final class Holder {
    private static final long PAUSE_NANOS = 10_000_000;

    @Activate
    public Holder(@Reference VfioPciDevices devices) {
        Thread thread = new Thread(() -> hold(devices), "itest-holder");
        thread.setDaemon(true);
        thread.start();
    }

    private static void hold(VfioPciDevices devices) {
        while (true) {
            try {
                devices.open("0000:00:03.0", VfioUser.named("the holder"));
                Files.createFile(Path.of(System.getenv("ITEST_HOLDER")));
                return;
            } catch (VfioException e) {
                LockSupport.parkNanos(PAUSE_NANOS); // it has no driver yet
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
