// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;

/**
 * The binding of a function to a driver of the host below a bus, and its changes. A change is a transaction: on any failure
 * host driver and override are as before. Only an operator's act takes a function; the driver before is remembered over
 * restarts.
 */
@ConsumerType
public interface HostBinding {

    /**
     * The request of an operator.
     *
     * @param driver the host's driver by its name, or null for the best of its VFIO drivers
     * @param force names of guards that are overruled
     * @param owner the user who gets the function's nodes, or null for nobody
     */
    record Request(String driver, Set<String> force, String owner) {
        /** The best driver, and nothing overruled. */
        public static final Request BEST = new Request(null, Set.of(), null);

        public Request {
            force = Set.copyOf(force);
        }
    }

    /**
     * The state of a function on its host before it was taken.
     *
     * @param driver the host's driver that had the function, or null
     * @param override the function's {@code driver_override}, or null
     */
    record Former(String driver, String override) {
    }

    /** Returns the names of the guards that an operator may overrule, in their order. */
    List<String> guards();

    /**
     * Returns the writes that {@link #take} would make, and the guards that speak against them; changes nothing.
     *
     * @return a clause each
     * @throws VfioException ENODEV where the host has no such VFIO driver for the function
     */
    List<String> plan(Request request);

    /**
     * Takes the function from its host's driver, if any, to a VFIO driver of the host.
     *
     * @return the steps that were made, a clause each
     * @throws VfioException ENODEV as {@link #plan}; EBUSY, EINVAL where a guard holds that is not forced; ETIMEDOUT where
     *     the host's kernel waits for someone; else the kernel's errno
     */
    List<String> take(Request request);

    /**
     * Returns the state that {@link #take} found, in this or an earlier run, and that {@link #giveBack} restores; empty where
     * the function was not taken, or somebody else has changed its driver since.
     */
    Optional<Former> former();

    /** Tells whether {@link #take} has the function. */
    default boolean taken() {
        return former().isPresent();
    }

    /**
     * Gives the function back to the driver that {@link #take} took it from, and to no other.
     *
     * @return the steps that were made, a clause each
     * @throws VfioException ENODEV where the function was not taken; EBUSY where someone has it open; ETIMEDOUT, or the
     *     kernel's errno, where the function did not reach the driver: then the method may be called again
     */
    List<String> giveBack();

    /**
     * Returns the steps that {@link #toHost} would make; changes nothing.
     *
     * @return a clause each; none where the host's own driver has the function already
     * @throws VfioException as {@link #toHost}
     */
    List<String> planToHost();

    /**
     * Gives the function to the driver that its host chooses by itself, and clears the function's override: the way back
     * where no driver before is remembered.
     *
     * @return the steps that were made, a clause each, the last one whether a driver has the function; none where the host's
     *     own driver has it already
     * @throws VfioException EBUSY where someone has the function open, or something else of the host keeps a driver for it;
     *     EOPNOTSUPP where the host has no override; ETIMEDOUT, or the kernel's errno: then the method may be called again
     */
    List<String> toHost();
}
