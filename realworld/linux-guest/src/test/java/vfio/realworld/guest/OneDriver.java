// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import java.util.List;
import vfio.hardware.linux.binding.VfioDrivers;
import vfio.pci.core.DeviceKey;
import vfio.pci.core.PciFunction.KernelDriver;

/** A host whose only VFIO driver matches every function. */
record OneDriver(String module, String driver) implements VfioDrivers {
    @Override
    public List<KernelDriver> matching(DeviceKey key, String bound) {
        return List.of(new KernelDriver(module, driver, null));
    }

    @Override
    public List<String> registeredBy(String module) {
        return List.of();
    }

    @Override
    public boolean has(String driver) {
        return true;
    }
}
