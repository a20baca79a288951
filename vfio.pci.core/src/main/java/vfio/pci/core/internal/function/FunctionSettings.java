// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.Map;

/**
 * The settings of an operator for the functions of a driver, as the kernel's module parameters of vfio-pci. They take effect
 * at the next first open, {@code disableIdleD3} at the next bind.
 *
 * @param nointxmask INTx only where the line is not shared
 * @param disableVga no VGA region
 * @param disableIdleD3 a function without a user stays in D0
 * @param enableSriov an operator may make VFs of a PF appear
 * @param given all settings as text by name, with options of the driver's own; the driver's next probe sees them
 */
public record FunctionSettings(boolean nointxmask, boolean disableVga, boolean disableIdleD3, boolean enableSriov,
        Map<String, String> given) {
    public static final FunctionSettings DEFAULT = new FunctionSettings(false, false, false, false);

    public FunctionSettings {
        given = Map.copyOf(given);
    }

    /** Makes settings without options of the driver's own. */
    public FunctionSettings(boolean nointxmask, boolean disableVga, boolean disableIdleD3, boolean enableSriov) {
        this(nointxmask, disableVga, disableIdleD3, enableSriov, Map.of());
    }
}
