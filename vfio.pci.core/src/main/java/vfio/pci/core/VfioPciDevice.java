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
 * One bound function as its driver sees it (the kernel's {@code struct vfio_pci_core_device}): made by the PCI core for
 * {@code probe} and owned by it.
 */
public final class VfioPciDevice {
    /** Bit of a region type that tells that the rest is a PCI vendor id (uapi/linux/vfio.h). */
    public static final int PCI_VENDOR_TYPE = RegionType.PCI_VENDOR;

    private final PciFunction function;
    private final String driver;
    private final FunctionBackend backend;
    private final Map<String, String> settings;

    /** Made by a test that calls a driver's {@code probe} itself; it cannot be opened. */
    public VfioPciDevice(PciFunction function, String driver) {
        this(function, driver, null);
    }

    /** Made by the PCI core. */
    public VfioPciDevice(PciFunction function, String driver, FunctionBackend backend) {
        this(function, driver, backend, Map.of());
    }

    /**
     * Made by the PCI core.
     *
     * @param settings what {@link #setting} answers
     */
    public VfioPciDevice(PciFunction function, String driver, FunctionBackend backend, Map<String, String> settings) {
        this.function = Objects.requireNonNull(function);
        this.driver = Objects.requireNonNull(driver);
        this.backend = backend;
        this.settings = Map.copyOf(settings);
    }

    /** The hardware. */
    public PciFunction function() {
        return function;
    }

    /** The name under which the driver is bound. */
    public String driver() {
        return driver;
    }

    public PciAddress address() {
        return function.address();
    }

    /**
     * An option of the driver's own, what a module parameter is in the kernel: a property of PID
     * {@code vfio.pci.driver~NAME} as it was when the function was probed.
     *
     * @return its value as text, empty where the operator has not set it
     */
    public Optional<String> setting(String name) {
        return Optional.ofNullable(settings.get(name));
    }

    /** What the defaults of the operations reach. */
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
