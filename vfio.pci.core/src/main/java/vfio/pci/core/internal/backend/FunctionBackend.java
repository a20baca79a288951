// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.backend;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioDevice;
import vfio.core.dma.DmaSpace;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;

/**
 * The backend behind the defaults of a driver's operations: the core's own virtualization of a raw function, or the other
 * side of a HOST bus. A backend lives as long as its function is bound, and can be used between {@link #open} and
 * {@link #close}.
 */
public interface FunctionBackend {

    /**
     * Takes note that the function has become a VFIO device.
     *
     * @param device the device, by which the backend takes regions from users for a while
     * @param ownReset the driver's own reset method, which returns false for a driver without one
     */
    void register(VfioDevice device, BooleanSupplier ownReset);

    /** Leaves the function as it was found: the device is gone. */
    void unregister();

    /**
     * Opens the function for its first user; an exception leaves nothing open.
     *
     * @param vfToken the user's VF token
     */
    void open(Optional<UUID> vfToken);

    /**
     * Checks an open that finds the function open.
     *
     * @throws VfioException EACCES for another VF token than that of the first open
     */
    default void admit(Optional<UUID> vfToken) {
    }

    /** Closes the function at the last close. */
    void close();

    DeviceInfo info(List<InfoCapability> capabilities);

    /**
     * Returns a region.
     *
     * @throws VfioException EINVAL where there is no region of this index
     */
    RegionOperations region(int index);

    /**
     * Adds a vendor's region while the device is being opened.
     *
     * @return the region's index, 9 or more
     */
    int addRegion(RegionOperations region);

    /** Serves bytes of configuration space from these values; the users' writes to the bytes reach no hardware. */
    void claim(int position, byte... values);

    /** Makes a sleeping function accessible; tells whether to try an access again. */
    boolean wake();

    IrqInfo irqInfo(int index);

    int setIrqs(IrqRequest request);

    /**
     * Has a register written at each signal (VFIO_DEVICE_IOEVENTFD).
     *
     * @param signal null ends the write of the same value at the same place
     */
    void ioEvent(int region, long offset, int width, long value, EventSignal signal);

    void reset();

    /** Returns the features that the core has for the bus, or the other side's. */
    Features features();

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

    /** Signals the REQ interrupt. */
    void request(int count);
}
