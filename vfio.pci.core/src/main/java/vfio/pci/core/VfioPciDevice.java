// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.info.RegionType;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

/**
 * A bound function in the eyes of its driver (the kernel's {@code struct vfio_pci_core_device}). The PCI core makes the
 * device for {@code probe} and owns the device.
 */
public final class VfioPciDevice {
    /** The bit of a region type that makes the rest a PCI vendor id (uapi/linux/vfio.h). */
    public static final int PCI_VENDOR_TYPE = RegionType.PCI_VENDOR;

    private final PciFunction function;
    private final String driver;
    private final FunctionBackend backend;
    private final Map<String, String> settings;

    /** Makes a device for a test that calls a driver's {@code probe} itself; this device cannot be opened. */
    public VfioPciDevice(PciFunction function, String driver) {
        this(function, driver, null);
    }

    /** Makes a device for the PCI core, without settings. */
    public VfioPciDevice(PciFunction function, String driver, FunctionBackend backend) {
        this(function, driver, backend, Map.of());
    }

    /**
     * Makes a device for the PCI core.
     *
     * @param settings the values that {@link #setting} returns, by name
     */
    public VfioPciDevice(PciFunction function, String driver, FunctionBackend backend, Map<String, String> settings) {
        this.function = Objects.requireNonNull(function);
        this.driver = Objects.requireNonNull(driver);
        this.backend = backend;
        this.settings = Map.copyOf(settings);
    }

    /** Returns the function as its bus gives it. */
    public PciFunction function() {
        return function;
    }

    /** Returns the name under which the driver is bound. */
    public String driver() {
        return driver;
    }

    public PciAddress address() {
        return function.address();
    }

    /**
     * Returns an option of the driver's own, like a module parameter of the kernel: a property of PID
     * {@code vfio.pci.driver~NAME}, with its value at the time of the probe.
     *
     * @return the value as text, empty where the operator has not set the property
     */
    public Optional<String> setting(String name) {
        return Optional.ofNullable(settings.get(name));
    }

    /** Returns the backend behind the defaults of the operations. */
    FunctionBackend backend() {
        if (backend == null) {
            throw new VfioException(Errno.ENODEV, "use " + this + ": the PCI core did not make this device");
        }
        return backend;
    }

    @Override
    public String toString() {
        return function.address() + " with " + driver;
    }
}
