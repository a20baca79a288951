// SPDX-License-Identifier: Apache-2.0
package examples.zdev;

import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.PciDeviceId;

/** The driver of IBM's internal shared memory device (ISM), a function of s390's own PCI, zPCI. */
@Component
@PciIds(driver = "zdev", overrideOnly = "1014:04ed")
public final class ZdevDriver implements PciDriver {

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new ZdevOperations(device);
    }
}
