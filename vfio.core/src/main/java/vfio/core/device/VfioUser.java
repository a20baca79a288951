// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import org.osgi.annotation.versioning.ConsumerType;

/** A user of a device: the program that holds the device open, and the way to ask the program to let go. */
@ConsumerType
public interface VfioUser {

    /** Returns one line that an operator recognises, such as {@code "qemu 4711 over /run/vfio/nvme.sock"}. */
    String name();

    /**
     * Asks the user to close the handle soon (the kernel's {@code request} operation, which the REQ interrupt signals there).
     * The core calls this on a thread of its own, and logs an exception. The handle of a user who does nothing is revoked
     * when the drain's limit is over.
     *
     * @param handle the handle to close
     */
    default void requested(DeviceHandle handle) {
    }

    /**
     * Tells whether calls of this user wait while the driver of the device is exchanged. A server of many connections on few
     * threads does not wait: such a call throws EAGAIN, of kind HELD, before anything is done, and the server makes the call
     * again when {@link DeviceHandle#held} says so. Opens and resets end in this way also while the driver of another device
     * of the set is exchanged. A close never does: what it has to wait for it leaves to another thread.
     */
    default boolean waits() {
        return true;
    }

    /** Returns a user with a name and no way to be asked. */
    static VfioUser named(String name) {
        return () -> name;
    }
}
