// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.backend;

import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;

/** The backend as a driver's operations have it: with the regions that the driver adds. */
public interface OperationsBackend extends DeviceBackend {

    /**
     * Adds a driver's region while the device is being opened, or taken over.
     *
     * @return the region's index, 9 or more
     */
    int addRegion(RegionOperations region);

    /**
     * Returns the core's memory of a name, the same for each version of the driver.
     *
     * @throws VfioException as {@link vfio.pci.core.VfioPciDevice#memory}
     */
    SharedMemory memory(String name, long size);
}
