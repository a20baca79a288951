// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.reset;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.id.ResetMethod;
import vfio.pci.core.internal.config.RawCapabilities;

/** The reset methods that a function of a raw bus has now (the probes of pci_reset_fn_methods, drivers/pci/pci.c). */
public final class AvailableResets {
    private static final int POWER_MANAGEMENT = 0x01;
    private static final int NO_SOFT_RESET = 1 << 3;
    private static final int EXPRESS = 0x10;
    private static final int FUNCTION_LEVEL_RESET = 1 << 28;
    private static final int ADVANCED_FEATURES = 0x13;
    /** Transactions Pending and Function Level Reset. */
    private static final int BOTH = 3;

    private final PciFunction function;
    private final BooleanSupplier alone;

    /** @param alone whether no other function is on the bus */
    public AvailableResets(PciFunction function, BooleanSupplier alone) {
        this.function = function;
        this.alone = alone;
    }

    /** In the order in which they are tried. */
    public List<ResetMethod> all() {
        List<ResetMethod> methods = new ArrayList<>();
        for (ResetMethod method : ResetMethod.values()) {
            if (has(method)) {
                methods.add(method);
            }
        }
        return methods;
    }

    /** Whether there is a method; a driver's own is not among them. */
    public boolean has(ResetMethod method) {
        ConfigSpace config = function.config();
        RawCapabilities capabilities = new RawCapabilities(config);
        return switch (method) {
            case DEVICE_SPECIFIC -> function.raw().quirks().deviceReset();
            case FLR -> capabilities.standard(EXPRESS).stream()
                    .anyMatch(at -> (config.read(at + 4, 4) & FUNCTION_LEVEL_RESET) != 0);
            case AF_FLR -> capabilities.standard(ADVANCED_FEATURES).stream()
                    .anyMatch(at -> (config.read(at + 3, 1) & BOTH) == BOTH);
            case PM -> capabilities.standard(POWER_MANAGEMENT).stream()
                    .anyMatch(at -> (config.read(at + 4, 2) & NO_SOFT_RESET) == 0);
            case BUS -> function.raw().busResettable() && alone.getAsBoolean();
            case ACPI, CXL_BUS -> function.raw().platformResets().contains(method) && alone(method);
        };
    }

    /** Firmware resets one function, a port all that are below it. */
    private boolean alone(ResetMethod method) {
        return method == ResetMethod.ACPI || alone.getAsBoolean();
    }
}
