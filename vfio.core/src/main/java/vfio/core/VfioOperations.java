// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * The operations of one device, as in the kernel's {@code struct vfio_device_ops} (include/linux/vfio.h). Each default
 * is the core's own behaviour; a driver overrides what differs, so its overrides are its difference from the core.
 *
 * <p>The core calls these and nobody else does: the life-cycle operations on the worker of the driver's bundle, with a
 * time limit, {@link #openDevice} and {@link #closeDevice} under the lock of the device's set; a device that is gone is
 * closed without it where another of the set holds it too long.
 */
@ConsumerType
public abstract class VfioOperations {

    /** First open. Throwing refuses the open with the exception's errno (EIO if it has none) and leaves nothing open. */
    public void openDevice() {
    }

    /** Last close: undoes {@link #openDevice}; called exactly once for each open that succeeded. */
    public void closeDevice() {
    }

    /**
     * The device's own memory behind a region, which the core hands to users as revocable {@link Mapping}s.
     *
     * @param region index as in VFIO_DEVICE_GET_REGION_INFO (uapi/linux/vfio.h)
     * @return memory that the bus or the core owns, never the driver's
     * @throws VfioException EINVAL where the device has no such region or it is not made of memory
     */
    public SharedMemory regionMemory(int region) {
        throw new VfioException(Errno.EINVAL, "map region " + region + ": the device has no memory there");
    }
}
