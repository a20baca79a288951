// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.util.List;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.pci.core.bus.PciFunction.KernelDriver;
import vfio.pci.core.id.DeviceKey;

/** The VFIO drivers of the host's kernel, for taking functions. */
public interface VfioDrivers {

    /**
     * Returns the drivers that match a function, best first; the bound driver is among them where it has the function for
     * VFIO.
     */
    List<KernelDriver> matching(DeviceKey key, GuardedFunction function);

    /**
     * Looks up the names of the drivers that a module has registered. Drivers that have functions for other uses than VFIO
     * are left out, and the one that is most likely VFIO's comes first.
     */
    List<String> registeredBy(String module);

    /** Tells whether the driver that has a function has it for VFIO; false where no driver has it. */
    boolean have(GuardedFunction function);
}
