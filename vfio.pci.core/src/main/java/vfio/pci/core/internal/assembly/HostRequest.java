// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.util.concurrent.atomic.AtomicBoolean;
import vfio.core.thread.DaemonThread;
import vfio.pci.core.bus.HostDevice;

/**
 * The request of a host for a function that is open: the host wants the function back, or the function is being unplugged.
 * The host repeats its request while it waits, so one thread lets go, and ends when that is done.
 */
public final class HostRequest implements HostDevice.Listener {
    private final AtomicBoolean underWay = new AtomicBoolean();
    private final String address;
    private final Runnable letGo;
    private final Runnable onError;

    /**
     * Makes the listener of a function.
     *
     * @param letGo ends the use of the function; may wait for its users
     * @param onError called for each uncorrectable error of the function
     */
    public HostRequest(String address, Runnable letGo, Runnable onError) {
        this.address = address;
        this.letGo = letGo;
        this.onError = onError;
    }

    @Override
    public void requested() {
        if (underWay.compareAndSet(false, true)) {
            DaemonThread.start("vfio-request-" + address, () -> {
                try {
                    letGo.run();
                } finally {
                    underWay.set(false);
                }
            });
        }
    }

    @Override
    public void errorDetected() {
        onError.run();
    }
}
