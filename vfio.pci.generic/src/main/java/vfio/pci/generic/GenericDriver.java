// SPDX-License-Identifier: Apache-2.0
package vfio.pci.generic;

import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDeviceId;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** Makes any function a VFIO device with the core's own operations, as drivers/vfio/pci/vfio_pci.c. */
@Component
@PciIds(driver = "vfio-pci", module = "vfio_pci", overrideOnly = "*:*")
public final class GenericDriver implements PciDriver {

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new GenericOperations(device);
    }

    /** Nothing overridden. */
    private static final class GenericOperations extends VfioPciOperations {
        private GenericOperations(VfioPciDevice device) {
            super(device);
        }
    }
}
