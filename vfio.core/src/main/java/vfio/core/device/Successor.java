// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.OptionalInt;
import org.osgi.annotation.versioning.ConsumerType;

/** The next driver of a device, probed already, as an exchange of drivers is given it. */
@ConsumerType
public interface Successor {

    Seat seat();

    /**
     * Returns the version of the state that the drivers hand over: empty for drivers without a state, none of whose methods
     * is called then; 0 for drivers whose next version only opens its own parts anew.
     */
    OptionalInt stateVersion();

    /** Hears that the exchange counts. Called once, inside the pause: assignments only, no call of a driver, no lock. */
    void committed();
}
