// SPDX-License-Identifier: Apache-2.0
package vfio.core.feature;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.EventSignal;
import vfio.core.VfioException;

/** The acts by which a bus lets the user of a device put the device to sleep. */
@ConsumerType
public interface LowPowerOperations {

    /**
     * Lets the device suspend from now on; an access of its user resumes the device for as long as the access takes.
     *
     * @param wakeup signalled when the device has resumed by itself and has left low power so; null for none
     * @throws VfioException EINVAL where the device may suspend already
     */
    void enter(EventSignal wakeup);

    /** Keeps the device awake; nothing happens where it never entered low power. */
    void exit();
}
