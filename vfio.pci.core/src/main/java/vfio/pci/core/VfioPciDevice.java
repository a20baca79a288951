// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.info.RegionType;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

/**
 * A bound function in the eyes of its driver (the kernel's {@code struct vfio_pci_core_device}). The PCI core makes the
 * device for {@code probe} and owns the device. A test that calls a driver's {@code probe} itself may implement this
 * interface; the operations of such a device answer ENODEV.
 */
@ProviderType
public interface VfioPciDevice {
    /** The bit of a region type that makes the rest a PCI vendor id (uapi/linux/vfio.h). */
    int PCI_VENDOR_TYPE = RegionType.PCI_VENDOR;

    /** Returns the function as its bus gives it. */
    PciFunction function();

    /** Returns the name under which the driver is bound. */
    String driver();

    /** Returns the function's address. */
    default PciAddress address() {
        return function().address();
    }

    /**
     * Returns an option of the driver's own, like a module parameter of the kernel: a property of PID
     * {@code vfio.pci.driver~NAME}, with its value at the time of the probe.
     *
     * @return the value as text, empty where the operator has not set the property
     */
    Optional<String> setting(String name);
}
