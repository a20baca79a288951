// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

/**
 * What a driver makes of a function: a VFIO device, by its operations, or something of its own, as its owner.
 */
public sealed interface PciBinding permits VfioPciOperations, PciFunctionOwner {

    /** The device that {@code probe} was given. */
    VfioPciDevice device();

    /** Undoes {@code probe}, in reverse order; the last call for this binding. */
    default void remove() {
    }
}
