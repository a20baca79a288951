// SPDX-License-Identifier: Apache-2.0
package vfio.deploy;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;

/**
 * The operator's facet of live updates: a driver's bundle is exchanged for another build of it while its functions are open.
 * A driver is named by its name or by its bundle's symbolic name. Each call that names one throws ENODEV where no driver
 * bundle of deployment has the name.
 */
@ProviderType
public interface UpdateAdmin {

    /** What becomes of an update whose functions cannot all go over now. */
    enum Policy {
        /** All go over or none: those that have are given back. */
        ALL,
        /**
         * Those that cannot stay with the former build: busy ones are tried again by themselves, ones without a way while
         * they are open go over at their last close, and where the next build has failed at one, that and those wait until
         * the update is tried again.
         */
        KEEP,
        /** Those that cannot go over at their last close. */
        IDLE,
        /** Users of those that cannot are asked to close, and lose the function where they do not. */
        DRAIN
    }

    /** Returns the latest update of each driver bundle, and builds that are held; by symbolic name. */
    List<UpdateRow> updates();

    /**
     * Says what an update would do now: the wanted build is started beside the running one, asked, and stopped again.
     *
     * @return a row for each function, by bus and address
     * @throws VfioException ENOENT where no other build is wanted; EBUSY while an update of it is under way; EIO where the
     *     wanted build does not start
     */
    List<StepRow> plan(String driver);

    /**
     * Updates a driver to the build that is wanted, though it is held or has failed before; or tries a mixed update's
     * rest again. Returns when the functions have gone over, before the soak ends; where the wanted build runs already, a
     * row that says so, with nothing moved.
     *
     * @throws VfioException ENOENT where no build runs, and none is wanted; EBUSY while an update of it is under
     *     way; EIO where the update failed and the former build goes on, with the reason, or where functions that went by the
     *     way of a stop are left without a driver
     */
    UpdateRow update(String driver, Optional<Policy> policy);

    /**
     * Goes back to the build before the running one, live; that build is wanted then until the driver is updated again, also
     * over a restart.
     *
     * @throws VfioException ENOENT where no build before is known; EBUSY, EIO as {@link #update}
     */
    UpdateRow rollback(String driver);

    /** Holds a driver at the running build, or the one that is taking its place: other builds wait for {@link #update} or {@link #unhold}; kept over restarts. */
    void hold(String driver);

    /** Ends {@link #hold}: the wanted build comes at once. */
    void unhold(String driver);

    /** Returns the builds that are held, by symbolic name. */
    List<HoldRow> holds();

    /** Returns the pauses of all exchanges since the start. */
    Pauses pauses();

    /**
     * An update.
     *
     * @param phase {@code held}, {@code starting}, {@code moving}, {@code mixed}, {@code soaking}, {@code done},
     *     {@code back} (gone back) or {@code failed}
     * @param from the former build's version and the first 12 hex digits of its digest
     * @param to those of the next build
     * @param moved the number of functions that the next build has
     * @param stayed the number of functions that the former build still has
     * @param reason why it is held, mixed, back or failed, which functions are left without a driver, or that there was
     *     nothing to do; null where there is none
     */
    record UpdateRow(String symbolicName, String phase, String from, String to, int moved, int stayed, String reason)
            implements Serializable {
    }

    /**
     * A build that is held: it runs, and others wait.
     *
     * @param build its version and the first 12 hex digits of its digest
     * @param reason why it is held, a sentence
     */
    record HoldRow(String symbolicName, String build, String reason) implements Serializable {
    }

    /**
     * A function's part in a plan.
     *
     * @param way {@code idle}, {@code none}, {@code state VERSION} or {@code close}
     * @param obstacle why it would not go over now, or null
     */
    record StepRow(String function, String driver, String way, List<String> users, String obstacle)
            implements Serializable {
    }

    /**
     * The pauses that users of open functions have had.
     *
     * @param exchanges the number of exchanges under open devices
     * @param back the number of those that gave a function back
     * @param waited the number of calls that have waited
     * @param bytes the bytes of state handed over
     * @param percentiles of the pause, ascending; empty before the first exchange
     */
    record Pauses(long exchanges, long back, long waited, long bytes, List<PauseRow> percentiles) implements Serializable {
    }

    /**
     * A percentile of the pause.
     *
     * @param percentile from 0 to 100
     * @param nanos the pause that this share of the exchanges did not exceed
     * @param count the number of exchanges up to it
     */
    record PauseRow(double percentile, long nanos, long count) implements Serializable {
    }
}
