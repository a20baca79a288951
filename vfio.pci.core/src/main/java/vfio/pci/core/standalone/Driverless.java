// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.standalone;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import vfio.core.SharedMemory;
import vfio.core.device.DeviceSet;
import vfio.core.device.VfioDevice;
import vfio.core.device.VfioUser;
import vfio.core.driver.DriverWorker;
import vfio.core.thread.DaemonThread;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.internal.function.HostBackend;
import vfio.pci.core.user.FunctionHandle;

/** The way to open a function of a HOST bus as a device of its own, with the operations that forward every call. */
public final class Driverless {
    /** The time limit of a call: the other side may have to reset the function first. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** The time in which a user has to close: the default of the core's own. */
    private static final Duration DRAIN = Duration.ofSeconds(10);

    private Driverless() {
    }

    /**
     * Opens a function of a HOST bus, without a driver of this project between.
     *
     * @param memory the source of the memory for DMA
     * @throws vfio.core.VfioException EOPNOTSUPP on a bus of raw hardware; else the other side's errno
     */
    public static FunctionHandle open(PciFunction function, VfioUser user, SharedMemory.Source memory) {
        String name = function.address().toString();
        Wanted wanted = new Wanted(name);
        HostBackend host = new HostBackend(function, wanted);
        VfioPciOperations forwarding = new VfioPciOperations(new VfioPciDevice(function, "none", host));
        DriverWorker worker = new DriverWorker(name, fault -> { });
        VfioDevice device = new VfioDevice(name, new DeviceSet.Registry(), name, forwarding, worker, LIMIT, () -> { });
        wanted.device = device;
        Runnable end = () -> {
            device.leaveIfIdle();
            worker.close();
        };
        try {
            return new FunctionHandle(device.open(user), host::dma, memory, end);
        } catch (RuntimeException e) {
            end.run();
            throw e;
        }
    }

    /**
     * The listener of the other side's wish to have the function back: the user is asked to close, and the handle of a user
     * who does not close in time is revoked.
     */
    private static final class Wanted implements HostDevice.Listener {
        private final AtomicBoolean said = new AtomicBoolean();
        private final String name;
        private volatile VfioDevice device;

        Wanted(String name) {
            this.name = name;
        }

        @Override
        public void requested() {
            if (said.compareAndSet(false, true)) { // the other side repeats the wish while the user is asked
                DaemonThread.start("vfio-request-" + name, () -> device.leave(DRAIN));
            }
        }

        @Override
        public void errorDetected() {
            // the user has an interrupt for that
        }
    }
}
