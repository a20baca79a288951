// SPDX-License-Identifier: Apache-2.0
package examples.hanging;

import java.util.concurrent.locks.LockSupport;
import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.PciDeviceId;

/** A driver whose probe never returns: the demo and tests show that everything else goes on. */
@Component
@PciIds(driver = "hanging", overrideOnly = "1234:11e8")
public final class HangingDriver implements PciDriver {

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        while (true) {
            LockSupport.park(this); // returns at once when interrupted, and is called again
            Thread.interrupted();
        }
    }
}
