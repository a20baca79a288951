// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.time.Duration;
import java.util.function.Function;
import vfio.core.DeviceHandle;
import vfio.core.DeviceSet;
import vfio.core.DriverWorker;
import vfio.core.VfioDevice;
import vfio.core.VfioUser;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** A raw function that is bound when it is first opened; by a driver that overrides nothing, unless it is given one. */
final class BoundFunction implements AutoCloseable {
    final TestFunction function;
    final TestNeighbourhood neighbourhood;
    private final Function<VfioPciDevice, VfioPciOperations> driver;
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private VfioDevice vfio;

    BoundFunction(TestFunction function) {
        this(function, device -> new VfioPciOperations(device) { });
    }

    BoundFunction(TestFunction function, Function<VfioPciDevice, VfioPciOperations> driver) {
        this.function = function;
        this.driver = driver;
        neighbourhood = new TestNeighbourhood(function, () -> { });
    }

    DeviceHandle open() {
        if (vfio == null) {
            RawFunction backend = new RawFunction(function, FunctionSettings.DEFAULT, neighbourhood);
            VfioPciOperations operations = driver.apply(new VfioPciDevice(function, "acme", backend));
            vfio = new VfioDevice("test/0000:01:00.0", new DeviceSet.Registry(), "set", operations, worker,
                    Duration.ofSeconds(30), () -> { });
            backend.register(vfio, operations::resetFunction);
        }
        return vfio.open(VfioUser.named("user"));
    }

    @Override
    public void close() {
        worker.close();
    }
}
