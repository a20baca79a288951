// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.util.List;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.pci.core.bus.PciFunction.KernelDriver;
import vfio.pci.core.id.DeviceKey;

/** The VFIO drivers of the host's kernel, as far as host binding asks for them. */
public interface VfioDrivers {

    /** Those that match a function, best first; the driver that has it is among them where it has it for VFIO. */
    List<KernelDriver> matching(DeviceKey key, GuardedFunction function);

    /**
     * Names of the drivers that a module has registered by now, looked up anew; those that have functions for other ends than
     * VFIO's are left out, and what is most likely VFIO's comes first.
     */
    List<String> registeredBy(String module);

    /** Whether the driver that has a function has it for VFIO; false where none has it. */
    boolean have(GuardedFunction function);
}
