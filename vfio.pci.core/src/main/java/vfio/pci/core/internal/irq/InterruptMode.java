// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import vfio.pci.core.bus.InterruptLines.Kind;

/** The one way in use by which a function's interrupts arrive; made when a user enables it. */
interface InterruptMode {

    Kind kind();

    /** Gives the vectors back to the bus, then lets go of the signals: what is raised from now on signals nothing. */
    void end(IrqChange change);
}
