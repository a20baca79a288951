// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.internal.backend.Backed;
import vfio.pci.core.internal.backend.OperationsBackend;

/** The device that the core makes for a driver's {@code probe}: a new one for each probe. */
final class BackedDevice implements VfioPciDevice, Backed {
    private final PciFunction function;
    private final String driver;
    private final OperationsBackend backend;
    private final Map<String, String> settings;

    /** @param settings the values that {@link #setting} returns, by name */
    BackedDevice(PciFunction function, String driver, OperationsBackend backend, Map<String, String> settings) {
        this.function = Objects.requireNonNull(function);
        this.driver = Objects.requireNonNull(driver);
        this.backend = Objects.requireNonNull(backend);
        this.settings = Map.copyOf(settings);
    }

    @Override
    public PciFunction function() {
        return function;
    }

    @Override
    public String driver() {
        return driver;
    }

    @Override
    public Optional<String> setting(String name) {
        return Optional.ofNullable(settings.get(name));
    }

    @Override
    public OperationsBackend backend() {
        return backend;
    }

    @Override
    public String toString() {
        return function.address() + " with " + driver;
    }
}
