// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.Map;

/**
 * What an operator sets for the functions of a driver, as the kernel's module parameters of vfio-pci; effective at the next
 * first open, {@code disableIdleD3} at the next bind.
 *
 * @param nointxmask INTx only where the line is not shared
 * @param disableVga no VGA region
 * @param disableIdleD3 a function that nobody uses stays in D0
 * @param enableSriov an operator may make VFs of a PF appear
 * @param given all that is set, as text by name, with options of the driver's own; seen by its next probe
 */
public record FunctionSettings(boolean nointxmask, boolean disableVga, boolean disableIdleD3, boolean enableSriov,
        Map<String, String> given) {
    public static final FunctionSettings DEFAULT = new FunctionSettings(false, false, false, false);

    public FunctionSettings {
        given = Map.copyOf(given);
    }

    /** Without options of the driver's own. */
    public FunctionSettings(boolean nointxmask, boolean disableVga, boolean disableIdleD3, boolean enableSriov) {
        this(nointxmask, disableVga, disableIdleD3, enableSriov, Map.of());
    }
}
