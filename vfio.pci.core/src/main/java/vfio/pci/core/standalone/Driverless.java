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

/** A function of a HOST bus as a device of its own, with the operations that forward everything. */
public final class Driverless {
    /** The other side may have to reset the function first. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** As the core's own, unless set. */
    private static final Duration DRAIN = Duration.ofSeconds(10);

    private Driverless() {
    }

    /**
     * Opens a function of a HOST bus, without a driver of ours between.
     *
     * @param memory what DMA uses
     * @throws vfio.core.VfioException EOPNOTSUPP on a bus of raw hardware; else what the other side answered
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

    /** The other side wants the function back: its user is asked, and has it taken away where it does not close in time. */
    private static final class Wanted implements HostDevice.Listener {
        private final AtomicBoolean said = new AtomicBoolean();
        private final String name;
        private volatile VfioDevice device;

        Wanted(String name) {
            this.name = name;
        }

        @Override
        public void requested() {
            if (said.compareAndSet(false, true)) { // else it is said again while the user is asked
                DaemonThread.start("vfio-request-" + name, () -> device.leave(DRAIN));
            }
        }

        @Override
        public void errorDetected() {
            // the user has an interrupt for that
        }
    }
}
