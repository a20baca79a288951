// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fake;

import java.util.List;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.pci.core.bus.HostDevice;

/** An open device of another side without regions, whose interrupts go nowhere; a test overrides what it is about. */
public class FakeHostDevice implements HostDevice {
    @Override
    public DeviceInfo info() {
        return new DeviceInfo(DeviceInfo.PCI, 0, 5, List.of());
    }

    @Override
    public RegionOperations region(int index) {
        throw new VfioException(Errno.EINVAL, "no region " + index);
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return new IrqInfo(index, IrqInfo.EVENTFD, 1);
    }

    @Override
    public int setIrqs(IrqRequest request) {
        return 0;
    }

    @Override
    public void reset() {
        throw new VfioException(Errno.EINVAL, "no reset");
    }

    @Override
    public void close() {
        // a test that counts overrides this
    }
}
