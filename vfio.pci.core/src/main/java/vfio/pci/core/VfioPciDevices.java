// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import org.osgi.annotation.versioning.ProviderType;
import vfio.core.DeviceHandle;
import vfio.core.VfioException;
import vfio.core.VfioUser;

/** The service by which programs open functions that are bound to a VFIO driver. */
@ProviderType
public interface VfioPciDevices {

    /**
     * Opens a function.
     *
     * @param name its address, or {@code bus/address} where two buses have it
     * @throws VfioException ENODEV where there is no such function, or no driver bound; EBUSY where its driver uses the
     *     function itself; EINVAL where the name cannot be read or fits two; else what the driver's open answered
     */
    DeviceHandle open(String name, VfioUser user);
}
