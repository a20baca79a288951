// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DeviceSet;
import vfio.core.device.VfioDevice;
import vfio.core.device.VfioUser;
import vfio.core.driver.DriverWorker;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** A raw function that is bound when it is first opened; by a driver that overrides nothing, unless it is given one. */
final class BoundFunction implements AutoCloseable {
    final TestFunction function;
    final TestNeighbourhood neighbourhood;
    private final FunctionSettings settings;
    private final Function<VfioPciDevice, VfioPciOperations> driver;
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final AtomicInteger idleResets = new AtomicInteger();
    private RawBackend backend;
    private VfioPciOperations operations;
    private VfioDevice vfio;

    BoundFunction(TestFunction function) {
        this(function, FunctionSettings.DEFAULT);
    }

    BoundFunction(TestFunction function, FunctionSettings settings) {
        this(function, settings, VfioPciOperations::new);
    }

    BoundFunction(TestFunction function, Function<VfioPciDevice, VfioPciOperations> driver) {
        this(function, FunctionSettings.DEFAULT, driver);
    }

    private BoundFunction(TestFunction function, FunctionSettings settings,
            Function<VfioPciDevice, VfioPciOperations> driver) {
        this.function = function;
        this.settings = settings;
        this.driver = driver;
        neighbourhood = new TestNeighbourhood(function, idleResets::incrementAndGet);
    }

    void bind() {
        backend = new RawBackend(function, settings, neighbourhood);
        operations = driver.apply(new VfioPciDevice(function, "acme", backend));
        vfio = new VfioDevice("test/0000:01:00.0", new DeviceSet.Registry(), "set", operations, worker,
                Duration.ofSeconds(30), () -> { });
        backend.register(vfio, operations::resetFunction);
    }

    DeviceHandle open() {
        if (vfio == null) {
            bind();
        }
        return vfio.open(VfioUser.named("user"));
    }

    RawBackend backend() {
        return backend;
    }

    VfioPciOperations operations() {
        return operations;
    }

    /** How often the set was to be reset since all of it was idle. */
    int idleResets() {
        return idleResets.get();
    }

    @Override
    public void close() {
        worker.close();
    }
}
