// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.admin;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;

/**
 * The exchange of a driver's bundle for another build of it, function by function, while users may have the functions open.
 * Both bundles are started meanwhile. Its methods are called on a worker, never in a callback of the framework.
 */
@ProviderType
public interface DriverUpdate {

    /**
     * Begins an update: the drivers of the next bundle, those that it registers from now on included, serve no name and match
     * nothing until {@link Update#serve}.
     *
     * @param former the framework's numbers of the bundles whose functions may go over
     * @param next the number of the bundle that they may go over to, which need not be started yet
     * @throws VfioException EBUSY where an update of one of the bundles is under way
     */
    Update stage(Set<Long> former, long next);

    /** An update that was begun; the caller exchanges functions in an order and at a rate of its own. */
    @ProviderType
    interface Update extends AutoCloseable {

        /**
         * Returns how each function that the former bundles still have would go over, by bus and address; nothing is changed,
         * and no driver is called, so the way is what both builds declare: {@code none} may turn out to be no way, where the
         * next build's operations have fields. To be asked once the next bundle is started; a driver of it that is refused is
         * named as an obstacle.
         */
        List<Step> plan();

        /**
         * Exchanges the driver of one function; after an exception the function has the driver of before.
         *
         * @param function {@code bus/address}
         * @throws VfioException ENODEV where the function or its driver is gone, or has another driver; EOPNOTSUPP where no
         *     way leads over while it is open, or the next bundle has other drivers only; EBUSY where calls, a migration or a
         *     dirty log stand in the way now; of kind STUCK where the former driver did not come back from handing over and
         *     the users have lost the device; else what the next driver answered
         */
        Moved move(String function);

        /**
         * Gives a function back to the build that it came from, also where the next build's driver is broken: then from the
         * state that the former build gave, if that was lasting or none was needed; else the users lose the device, and it
         * is bound again. A driver of which nothing is wrong, as {@link #illness} says, and which hands over nothing keeps
         * the function.
         *
         * @throws VfioException as {@link #move}; of kind STUCK where users have lost the device
         */
        Moved back(String function);

        /**
         * Has the next bundle's drivers serve their names; those of the former bundles only keep the functions they have,
         * which no policy takes from them.
         *
         * @param atLastClose whether functions that the former bundles still have go over when nobody has them open, until
         *     the update is closed
         * @throws VfioException ENODEV where the former bundles have functions and the next one has no driver; EINVAL where
         *     one of its drivers is refused
         */
        void serve(boolean atLastClose);

        /**
         * Has the former bundles' drivers serve their names again, as far as they did when the update began; the next one's
         * only keep the functions they have.
         */
        void withdraw();

        /**
         * Returns what is wrong with the next build's drivers since they have functions: a call that ended in something else
         * than a refusal with an errno, an answer of nothing or of a lie, a call that took too long, or an answer of false to
         * {@code healthy}; empty while nothing is. Errno that a driver answers on purpose are no sign of illness.
         */
        Optional<String> illness();

        /**
         * Returns how many calls of users and of the core the next build's drivers have had. Those of users are counted, and
         * take longer for that, from the first time that somebody asks until there are enough, or the update is closed.
         *
         * @param enough the number that the caller waits for
         */
        long operations(long enough);

        /**
         * Ends the update; which bundle serves stays as it is, until the last driver of the other one has left. The other
         * methods are not to be called after that.
         */
        @Override
        void close();
    }

    /**
     * The way of one function.
     *
     * @param function {@code bus/address}
     * @param driver the driver's name
     * @param way {@code idle} (nobody has it open), {@code none} (without a state), {@code state VERSION}, or {@code close}
     *     (no way while it is open)
     * @param users who has it open
     * @param obstacle why it does not go over now; null where nothing stands in the way
     */
    record Step(String function, String driver, String way, List<String> users, String obstacle) {
    }

    /**
     * The account of a function that has gone over.
     *
     * @param way as in {@link Step}; {@code unchanged} where it had the driver already
     * @param pause how long calls of users may have waited; zero for a function that nobody had open
     * @param waited how many calls of users have waited
     * @param bytes the size of the state that was handed over
     */
    record Moved(String function, String driver, String way, Duration pause, long waited, int bytes) {
    }
}
