// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.util.Objects;

/**
 * One bound function as its driver sees it (the kernel's {@code struct vfio_pci_core_device}): made by the PCI core for
 * {@code probe} and owned by it.
 */
public final class VfioPciDevice {
    private final PciFunction function;
    private final String driver;

    /** Made by the PCI core, and by a test that calls a driver's {@code probe} itself. */
    public VfioPciDevice(PciFunction function, String driver) {
        this.function = Objects.requireNonNull(function);
        this.driver = Objects.requireNonNull(driver);
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

    @Override
    public String toString() {
        return function.address() + " with " + driver;
    }
}
