// SPDX-License-Identifier: Apache-2.0
package examples.nic.pf;

import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.PciDeviceId;

/** The driver of the card's PF, which it uses itself. */
@Component
@PciIds(driver = "nic", ids = "1234:11f0", vfio = false, state = "1")
public final class NicDriver implements PciDriver {

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new NicOwner(device);
    }
}
