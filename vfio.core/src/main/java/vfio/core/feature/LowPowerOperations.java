// SPDX-License-Identifier: Apache-2.0
package vfio.core.feature;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.EventSignal;
import vfio.core.VfioException;

/** How a bus lets a device's user put it to sleep. */
@ConsumerType
public interface LowPowerOperations {

    /**
     * From now on the device may suspend; an access of its user's resumes it for as long as that takes.
     *
     * @param wakeup signalled when the device has resumed by itself and has left low power so; null for none
     * @throws VfioException EINVAL where it is so already
     */
    void enter(EventSignal wakeup);

    /** The device stays awake; it is so already where it never entered. */
    void exit();
}
