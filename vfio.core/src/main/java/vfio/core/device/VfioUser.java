// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import org.osgi.annotation.versioning.ConsumerType;

/** Who holds a device open, and how it is asked to let go. */
@ConsumerType
public interface VfioUser {

    /** One line an operator recognises, such as {@code "qemu 4711 over /run/vfio/nvme.sock"}. */
    String name();

    /**
     * The device is asked for (the kernel's {@code request} operation, signalled there by the REQ interrupt): close the
     * handle soon. Called on a core thread; what it throws is ignored. The user that does nothing is revoked when the
     * drain's limit is over.
     *
     * @param handle the handle to close
     */
    default void requested(DeviceHandle handle) {
    }

    /** A user with a name and no way to be asked. */
    static VfioUser named(String name) {
        return () -> name;
    }
}
