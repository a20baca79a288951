// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

/**
 * One driver to try for a function.
 *
 * @param target the driver's name
 * @param overriding whether the function's override is to name the driver
 */
public record BindAttempt(String target, boolean overriding) {
}
