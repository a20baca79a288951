// SPDX-License-Identifier: Apache-2.0
package vfio.pci.igd;

import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;

/**
 * The driver of Intel's display controllers (drivers/vfio/pci/vfio_pci_igd.c): every function of vendor 8086 with base class
 * 03. It makes each function a VFIO device with the core's own operations: the regions of the kernel's driver (OpRegion and
 * the configuration spaces of the host bridge and the LPC bridge) are not here.
 */
@Component
@PciIds(driver = "igd-vfio-pci", module = "igd_vfio_pci", overrideOnly = "8086:*:*:*:030000:ff0000")
public final class IgdDriver implements PciDriver {

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new VfioPciOperations(device);
    }
}
