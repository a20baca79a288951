// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import vfio.pci.core.bus.InterruptLines.Kind;

/** INTx, MSI or MSI-X of one function while it is in use; made when a user enables it, and used no more after its end. */
interface InterruptMode {

    /** Returns which of the three this is. */
    Kind kind();

    /** Gives the vectors back to the bus, then lets go of the signals: what is raised from now on signals nothing. */
    void end(IrqChange change);
}
