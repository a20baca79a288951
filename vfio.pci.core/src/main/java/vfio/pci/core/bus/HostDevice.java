// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.DeviceInfo;
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

    void reset();

    @Override
    void close();
}
