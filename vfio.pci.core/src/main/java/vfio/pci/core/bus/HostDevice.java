// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.DeviceInfo;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqInfo;
import vfio.core.IrqRequest;
import vfio.core.RegionOperations;
import vfio.core.VfioException;

/**
 * A function as the other side of a HOST bus has it open, virtualized there: the core forwards and adds only what a
 * driver claims. Errno are the other side's.
 */
@ConsumerType
public interface HostDevice extends AutoCloseable {

    DeviceInfo info();

    /** @throws VfioException EINVAL where there is no such region */
    RegionOperations region(int index);

    /** @throws VfioException EINVAL where there is no such index */
    IrqInfo irqInfo(int index);

    /** @return 0, or how many vectors are available where they are fewer than asked for */
    int setIrqs(IrqRequest request);

    /** @param signal null to take away */
    default void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        throw new VfioException(Errno.ENOTTY, "write a register at a signal: the bus does not forward that");
    }

    void reset();

    @Override
    void close();
}
