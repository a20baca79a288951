// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.backend;

import java.util.function.BooleanSupplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioDevice;
import vfio.core.dma.DmaSpace;

/**
 * The backend of a bound function: the core's own virtualization of a raw function, or the other side of a HOST bus. A
 * backend lives as long as its function is bound, whichever versions of the driver come and go, and can be used between
 * {@link #open} and {@link #close}.
 */
public interface FunctionBackend extends DeviceBackend {

    /**
     * Takes note that the function has become a VFIO device.
     *
     * @param device the device, by which the backend takes regions from users for a while
     * @param ownReset the driver's own reset method, which returns false for a driver without one
     */
    void register(VfioDevice device, BooleanSupplier ownReset);

    /** Leaves the function as it was found: the device is gone. */
    void unregister();

    /** Returns a driver's region as users reach it while the function sleeps. */
    default RegionOperations added(RegionOperations region) {
        return region;
    }

    /**
     * Makes VFs of a PF appear, or takes them away; a PF with VFs stays in D0.
     *
     * @param count 0 to TotalVFs
     * @throws VfioException EINVAL where there are VFs already; else the errno that the bus answered
     */
    void configureVirtualFunctions(int count);

    /**
     * Returns the addresses by which the open function reaches memory, where another side translates them.
     *
     * @throws VfioException EOPNOTSUPP where the core translates the addresses, or nobody does; ENODEV where the function is
     *     not open
     */
    default DmaSpace dma() {
        throw new VfioException(Errno.EOPNOTSUPP, "map memory: no other side translates what the function reaches");
    }
}
