// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.List;

/** One reason not to take a function from its host's driver; it reads the host each time it is asked. */
interface HostGuard {

    /** What an operator calls it. */
    String name();

    /** Whether an operator may take the function nevertheless. */
    default boolean forceable() {
        return true;
    }

    /**
     * What of the function is in use, and what to do about it, a sentence each; none where this guard has nothing against it.
     *
     * @param driver the VFIO driver that it is to get; null while only its module is known
     */
    List<String> objections(GuardedFunction function, String driver);
}
