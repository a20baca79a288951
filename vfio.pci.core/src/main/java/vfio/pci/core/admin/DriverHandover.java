// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.admin;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The handover of functions when a driver's bundle is stopped: asked for first, so that users are asked and drained before
 * the classes go. Its methods are called on a worker, never in a callback of the framework.
 */
@ProviderType
public interface DriverHandover {

    /**
     * Takes every function away from the bundle's drivers, on the orderly road. Until the result is closed these
     * functions are not rematched.
     *
     * @param bundleId the framework's number of the bundle that is about to stop
     */
    Handover retire(long bundleId);

    /**
     * Takes away at once every driver of a bundle that hangs in its start or stop, on the disorderly road for the drivers'
     * functions. No driver of that bundle is taken any more, whatever it still registers.
     *
     * @param bundleId the framework's number of a bundle that will not be used again
     */
    void giveUp(long bundleId);

    /** The functions without their driver, between the old bundle and the one that comes after it. */
    @ProviderType
    interface Handover extends AutoCloseable {

        /** Returns the functions that the drivers were taken from, {@code bus/address}. */
        List<String> functions();

        /**
         * Binds each function again to a driver of the name that it was bound to, from any bundle that is here now.
         *
         * @return the functions that could not be bound, with the reason; empty when all are bound again
         */
        Map<String, String> restore();

        /** Ends the handover: functions still without a driver are matched by their policy. */
        @Override
        void close();
    }
}
