// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

import java.util.Locale;

/** Ways to reset a function, in the order in which they are tried (drivers/pci/pci.c, pci_reset_fn_methods). */
public enum ResetMethod {
    /** One of the device's own, given by its bus or its driver. */
    DEVICE_SPECIFIC,
    /** By the platform's firmware. */
    ACPI,
    /** Function Level Reset of PCI Express. */
    FLR,
    /** Function Level Reset of the Advanced Features capability. */
    AF_FLR,
    /** From D0 to D3hot and back, where that loses the state (No_Soft_Reset clear). */
    PM,
    /** Secondary Bus Reset, for a function that is alone on its bus. */
    BUS,
    /** Secondary Bus Reset of a CXL port. */
    CXL_BUS;

    /** Returns the name that sysfs {@code reset_method} has. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
