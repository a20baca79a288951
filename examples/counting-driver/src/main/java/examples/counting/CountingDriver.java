// SPDX-License-Identifier: Apache-2.0
package examples.counting;

import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.PciDeviceId;

/** A driver of QEMU's edu that counts the writes of its users, and hands the count over to its next version. */
@Component
@PciIds(driver = "counting", overrideOnly = "1234:11e8", state = "1")
public final class CountingDriver implements PciDriver {
    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new CountingOperations(device);
    }
}
