// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import org.osgi.annotation.versioning.ProviderType;

/**
 * One open of a device, owned by the core; nothing in it belongs to a driver's bundle. Once closed or revoked every call
 * answers ENODEV, for ever.
 */
@ProviderType
public interface DeviceHandle extends AutoCloseable {

    /** The device's name, also after the handle is stale. */
    String deviceName();

    /** False once closed or revoked. */
    boolean isOpen();

    /**
     * Maps the memory of a region. The mapping is revoked with the handle.
     *
     * @throws VfioException ENODEV on a stale handle; EINVAL where the region is not made of memory
     */
    Mapping map(int region);

    /** Closes; the last handle of a device runs the driver's close. A second close does nothing. */
    @Override
    void close();
}
