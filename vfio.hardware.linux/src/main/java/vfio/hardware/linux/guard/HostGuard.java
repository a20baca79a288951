// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.List;

/** One reason not to take a function from its host's driver. A guard reads the host each time it is asked. */
interface HostGuard {

    /** Returns the name by which an operator forces the guard. */
    String name();

    /** Tells whether an operator may take the function nevertheless. */
    default boolean forceable() {
        return true;
    }

    /**
     * Returns a sentence for each thing of the function that is in use, with what to do; none where nothing speaks against
     * taking it.
     *
     * @param driver the VFIO driver that the function is to get; null while only the driver's module is known
     */
    List<String> objections(GuardedFunction function, String driver);
}
