// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import vfio.core.SharedMemory;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.internal.backend.Backed;
import vfio.pci.core.internal.backend.OperationsBackend;
import vfio.pci.core.internal.owner.OwnerAccess;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.Interrupt;
import vfio.pci.core.user.Registers;

/** The device that the core makes for a driver's {@code probe}: a new one for each probe. */
final class BackedDevice implements VfioPciDevice, Backed {
    private final PciFunction function;
    private final String driver;
    private final OperationsBackend backend;
    private final OwnerAccess owner;
    private final Map<String, String> settings;

    /**
     * Makes the device.
     *
     * @param owner what the driver reaches of the function where it turns out to use the function itself
     * @param settings the values that {@link #setting} returns, by name
     */
    BackedDevice(PciFunction function, String driver, OperationsBackend backend, OwnerAccess owner,
            Map<String, String> settings) {
        this.function = Objects.requireNonNull(function);
        this.driver = Objects.requireNonNull(driver);
        this.backend = Objects.requireNonNull(backend);
        this.owner = Objects.requireNonNull(owner);
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
    public SharedMemory memory(String name, long size) {
        return backend.memory(name, size);
    }

    @Override
    public DmaMemory dma(String name, long size) {
        return owner.dma(name, size);
    }

    @Override
    public Registers bar(int index) {
        return owner.bar(index);
    }

    @Override
    public List<Interrupt> msix(int count) {
        return owner.msix(count);
    }

    @Override
    public <S> void offer(Class<S> api, S service, Map<String, ?> properties) {
        owner.offer(api, service, properties);
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
