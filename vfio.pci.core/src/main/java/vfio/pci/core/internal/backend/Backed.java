// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.backend;

/** A device that has a backend: each that the core makes, and none that a test makes of its own. */
public interface Backed {

    /** Returns the backend behind the defaults of the device's operations. */
    OperationsBackend backend();
}
