// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

/**
 * The binding of a function to a driver: the operations by which the driver makes a VFIO device of the function, or the
 * function's owner, a driver that uses the function itself.
 */
public sealed interface PciBinding permits VfioPciOperations, PciFunctionOwner {

    /** Returns the device that {@code probe} was given. */
    VfioPciDevice device();

    /** Undoes {@code probe}, in reverse order; the last call for this binding. */
    default void remove() {
    }
}
