// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.util.List;
import java.util.Objects;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.DeviceInfo;
import vfio.core.MemoryRegion;
import vfio.core.RegionOperations;
import vfio.core.VfioOperations;

/**
 * The operations of a VFIO PCI device. Every default is the PCI core's behaviour and {@code super.x()} reaches it: a
 * vendor overrides what differs, nothing at all where the generic driver would do.
 */
@ConsumerType
public abstract non-sealed class VfioPciOperations extends VfioOperations implements PciBinding {
    private final VfioPciDevice device;

    protected VfioPciOperations(VfioPciDevice device) {
        this.device = Objects.requireNonNull(device);
    }

    @Override
    public final VfioPciDevice device() {
        return device;
    }

    @Override
    public DeviceInfo info() {
        return new DeviceInfo(DeviceInfo.PCI, 9, 5, List.of());
    }

    /** BAR0 to BAR5 are regions 0 to 5, as in uapi/linux/vfio.h. */
    @Override
    public RegionOperations region(int index) {
        return device.function().bars().stream().anyMatch(bar -> bar.index() == index && !bar.io())
                ? new MemoryRegion(device.function().barMemory(index)) : super.region(index);
    }
}
