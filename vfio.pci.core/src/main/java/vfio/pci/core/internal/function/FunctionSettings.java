// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

/**
 * What an operator sets for the functions of a driver, as the kernel's module parameters of vfio-pci; effective at the next
 * first open, {@code disableIdleD3} at the next bind.
 *
 * @param nointxmask INTx only where the line is not shared
 * @param disableVga no VGA region
 * @param disableIdleD3 a function that nobody uses stays in D0
 * @param enableSriov an operator may make VFs of a PF appear
 */
public record FunctionSettings(boolean nointxmask, boolean disableVga, boolean disableIdleD3, boolean enableSriov) {
    public static final FunctionSettings DEFAULT = new FunctionSettings(false, false, false, false);
}
