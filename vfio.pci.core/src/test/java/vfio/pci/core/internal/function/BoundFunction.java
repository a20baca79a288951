// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.driver.DriverWorker;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.fake.FakeCard;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.assembly.Assembly;
import vfio.pci.core.internal.assembly.Assembly.Place;
import vfio.pci.core.internal.assembly.DriverService;
import vfio.pci.core.internal.assembly.DriverService.Declared;
import vfio.pci.core.internal.assembly.DriverService.Source;
import vfio.pci.core.internal.assembly.StateVersions;

/** A raw function that is bound when it is first opened; by a driver that overrides nothing, unless it is given one. */
final class BoundFunction implements AutoCloseable {
    final FakeCard function;
    final TestNeighbourhood neighbourhood;
    private final FunctionSettings settings;
    private final Function<VfioPciDevice, VfioPciOperations> driver;
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final AtomicInteger idleResets = new AtomicInteger();
    private Assembly assembly;

    BoundFunction(FakeCard function) {
        this(function, FunctionSettings.DEFAULT);
    }

    BoundFunction(FakeCard function, FunctionSettings settings) {
        this(function, settings, VfioPciOperations::new);
    }

    BoundFunction(FakeCard function, Function<VfioPciDevice, VfioPciOperations> driver) {
        this(function, FunctionSettings.DEFAULT, driver);
    }

    private BoundFunction(FakeCard function, FunctionSettings settings,
            Function<VfioPciDevice, VfioPciOperations> driver) {
        this.function = function;
        this.settings = settings;
        this.driver = driver;
        neighbourhood = new TestNeighbourhood(function, idleResets::incrementAndGet);
    }

    BoundFunction(FakeCard function, FunctionSettings settings, TestNeighbourhood neighbourhood) {
        this.function = function;
        this.settings = settings;
        this.driver = VfioPciOperations::new;
        this.neighbourhood = neighbourhood;
    }

    void bind() {
        DriverService service = new DriverService("acme", Declared.VFIO, StateVersions.NONE,
                Source.of((device, id) -> driver.apply(device)), worker, () -> Duration.ofSeconds(30));
        assembly = Assembly.of(function, new RawBackend(function, function.raw, settings, neighbourhood), service,
                PciDeviceId.MATCH_ALL, Map.of(), Place.alone("test/0000:01:00.0"));
    }

    DeviceHandle open() {
        if (assembly == null) {
            bind();
        }
        return assembly.vfio().open(VfioUser.named("user"));
    }

    RawBackend backend() {
        return (RawBackend) assembly.backend();
    }

    VfioPciOperations operations() {
        return (VfioPciOperations) assembly.binding();
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
