// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.backend;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;

/** What the defaults of a driver's operations do: the acts on an open function, by whoever virtualizes the function. */
public interface DeviceBackend {

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

    /** Signals the REQ interrupt. */
    void request(int count);
}
