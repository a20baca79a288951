// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.util.List;
import vfio.pci.core.DeviceKey;
import vfio.pci.core.PciFunction.KernelDriver;

/** The VFIO drivers of the host's kernel, as far as host binding asks for them. */
public interface VfioDrivers {

    /** Those that match a function, best first; {@code bound} is its host driver, or null. */
    List<KernelDriver> matching(DeviceKey key, String bound);

    /** Names of the drivers that a module has registered by now, looked up anew. */
    List<String> registeredBy(String module);

    /** Whether a driver is one of them, by its name. */
    boolean has(String driver);
}
