// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.reset;

import static vfio.pci.core.id.PciRegisters.AF_CAP;
import static vfio.pci.core.id.PciRegisters.AF_CAP_FLR;
import static vfio.pci.core.id.PciRegisters.AF_CAP_TP;
import static vfio.pci.core.id.PciRegisters.CAP_ID_AF;
import static vfio.pci.core.id.PciRegisters.CAP_ID_EXP;
import static vfio.pci.core.id.PciRegisters.CAP_ID_PM;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP_FLR;
import static vfio.pci.core.id.PciRegisters.PM_CTRL;
import static vfio.pci.core.id.PciRegisters.PM_CTRL_NO_SOFT_RESET;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.ResetMethod;
import vfio.pci.core.internal.config.RawCapabilities;

/** The reset methods that a function of a raw bus has now (the probes of pci_reset_fn_methods, drivers/pci/pci.c). */
public final class AvailableResets {
    /** Transactions Pending and Function Level Reset. */
    private static final int BOTH = AF_CAP_TP | AF_CAP_FLR;

    private final PciFunction function;
    private final RawHardware raw;
    private final BooleanSupplier alone;

    /**
     * Makes the methods of a function, and reads nothing yet.
     *
     * @param alone whether no other function is on the bus
     */
    public AvailableResets(PciFunction function, RawHardware raw, BooleanSupplier alone) {
        this.function = function;
        this.raw = raw;
        this.alone = alone;
    }

    /** Returns the methods in the order in which they are tried. */
    public List<ResetMethod> all() {
        List<ResetMethod> methods = new ArrayList<>();
        for (ResetMethod method : ResetMethod.values()) {
            if (has(method)) {
                methods.add(method);
            }
        }
        return methods;
    }

    /** Tells whether the function has a method; a driver's own reset does not count. */
    public boolean has(ResetMethod method) {
        ConfigSpace config = function.config();
        RawCapabilities capabilities = new RawCapabilities(config);
        return switch (method) {
            case DEVICE_SPECIFIC -> raw.quirks().deviceReset();
            case FLR -> capabilities.standard(CAP_ID_EXP).stream()
                    .anyMatch(at -> (config.read(at + EXP_DEVCAP, 4) & EXP_DEVCAP_FLR) != 0);
            case AF_FLR -> capabilities.standard(CAP_ID_AF).stream()
                    .anyMatch(at -> (config.read(at + AF_CAP, 1) & BOTH) == BOTH);
            case PM -> capabilities.standard(CAP_ID_PM).stream()
                    .anyMatch(at -> (config.read(at + PM_CTRL, 2) & PM_CTRL_NO_SOFT_RESET) == 0);
            case BUS -> raw.busResettable() && alone.getAsBoolean();
            case ACPI, CXL_BUS -> raw.platformResets().contains(method) && alone(method);
        };
    }

    /**
     * Tells whether a method of the platform resets this function alone: firmware resets one, a port resets all functions
     * below it.
     */
    private boolean alone(ResetMethod method) {
        return method == ResetMethod.ACPI || alone.getAsBoolean();
    }
}
