// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.time.Duration;
import vfio.core.DeviceSet;
import vfio.core.DriverWorker;
import vfio.core.SharedMemory;
import vfio.core.VfioDevice;
import vfio.core.VfioUser;
import vfio.pci.core.PciFunction;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.internal.function.HostFunction;

/** A function of a HOST bus as a device of its own, with the operations that forward everything. */
final class Driverless {
    /** The other side may have to reset the function first. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** The program wires what it wants to hear: ERR, REQ. */
    private static final HostDevice.Listener UNHEARD = new HostDevice.Listener() {
        @Override
        public void requested() {
        }

        @Override
        public void errorDetected() {
        }
    };

    private Driverless() {
    }

    static FunctionHandle open(PciFunction function, VfioUser user, SharedMemory.Source memory) {
        String name = function.address().toString();
        HostFunction host = new HostFunction(function, UNHEARD);
        VfioPciOperations forwarding = new VfioPciOperations(new VfioPciDevice(function, "none", host)) {
        };
        DriverWorker worker = new DriverWorker(name, fault -> { });
        VfioDevice device = new VfioDevice(name, new DeviceSet.Registry(), name, forwarding, worker, LIMIT, () -> { });
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
}
