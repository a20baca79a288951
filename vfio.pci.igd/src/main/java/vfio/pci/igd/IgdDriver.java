// SPDX-License-Identifier: Apache-2.0
package vfio.pci.igd;

import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDeviceId;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** Intel display controllers: any device of vendor 8086 with base class 03, as drivers/vfio/pci/vfio_pci_igd.c. */
@Component
@PciIds(driver = "igd-vfio-pci", module = "igd_vfio_pci", overrideOnly = "8086:*:*:*:030000:ff0000")
public final class IgdDriver implements PciDriver {

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new IgdOperations(device);
    }

    /** Until the core offers vendor regions, a display controller is a plain VFIO device. */
    private static final class IgdOperations extends VfioPciOperations {
        private IgdOperations(VfioPciDevice device) {
            super(device);
        }
    }
}
