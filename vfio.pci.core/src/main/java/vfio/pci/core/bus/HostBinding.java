// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;

/**
 * What the host below a bus has bound a function to, and changing that, as a transaction: on any failure host driver and
 * override are what they were. Only an operator's act takes a function; who has it before is remembered over restarts.
 */
@ConsumerType
public interface HostBinding {

    /**
     * What an operator asks for.
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
     * What a function's host had made of it before it was taken.
     *
     * @param driver the host's driver that had it, or null
     * @param override its {@code driver_override}, or null
     */
    record Former(String driver, String override) {
    }

    /** Returns the names of the guards that an operator may overrule, in their order. */
    List<String> guards();

    /**
     * Tells what {@link #take} would write and where, and which guards speak against that; changes nothing.
     *
     * @return a clause each
     * @throws VfioException ENODEV where the host has no such VFIO driver for the function
     */
    List<String> plan(Request request);

    /**
     * Takes the function from its host's driver, if any, to a VFIO driver of the host.
     *
     * @return what was done, a clause each
     * @throws VfioException ENODEV as {@link #plan}; EBUSY, EINVAL where a guard holds that is not forced; ETIMEDOUT where the
     *     host's kernel waits for someone; else the kernel's errno
     */
    List<String> take(Request request);

    /**
     * Returns what {@link #take} found, in this or an earlier run, and {@link #giveBack} restores; empty where the function
     * was not taken, or somebody else has changed its driver since.
     */
    Optional<Former> former();

    /** Tells whether {@link #take} has the function. */
    default boolean taken() {
        return former().isPresent();
    }

    /**
     * Gives the function back to whom {@link #take} took it from, and nothing else.
     *
     * @return what was done, a clause each
     * @throws VfioException ENODEV where it was not taken; EBUSY where someone has it open; ETIMEDOUT, or the kernel's errno,
     *     where it did not get there: then it may be called again
     */
    List<String> giveBack();

    /**
     * Tells what {@link #toHost} would do; changes nothing.
     *
     * @return a clause each; none where the host's own driver has it already
     * @throws VfioException as {@link #toHost}
     */
    List<String> planToHost();

    /**
     * Gives the function to the driver that its host chooses by itself, and clears its override: the way back where it is not
     * remembered whom it was taken from.
     *
     * @return what was done, a clause each, the last one whether a driver has it; none where the host's own has it already
     * @throws VfioException EBUSY where someone has it open, or something else of the host keeps a driver for it; EOPNOTSUPP
     *     where the host has no override; ETIMEDOUT, or the kernel's errno: then it may be called again
     */
    List<String> toHost();
}
