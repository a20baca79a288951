// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import java.nio.file.Path;
import java.util.List;
import vfio.hardware.linux.binding.HostSide;
import vfio.hardware.linux.binding.HostTakeover;
import vfio.hardware.linux.binding.VfioDrivers;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.bus.PciFunction.KernelDriver;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/** A host whose only VFIO driver matches every function. */
record OneDriver(String module, String driver) implements VfioDrivers {
    /**
     * Of a function of the guest, which is such a host but for its drivers.
     *
     * @param taken where it is remembered whom it was taken from
     */
    HostTakeover takeover(String function, DeviceKey key, Path taken) {
        GuardedFunction guarded =
                new GuardedFunction(PciAddress.parse(function), new SysfsDirectory(Guest.directory(function)));
        return new HostTakeover(guarded, key, HostSide.of(Path.of("/sys"), Path.of("/dev/vfio"), taken, this));
    }

    @Override
    public List<KernelDriver> matching(DeviceKey key, GuardedFunction function) {
        return List.of(new KernelDriver(module, driver, null));
    }

    @Override
    public List<String> registeredBy(String module) {
        return List.of();
    }

    @Override
    public boolean have(GuardedFunction function) {
        return true;
    }
}
