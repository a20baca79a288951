// SPDX-License-Identifier: Apache-2.0
package examples.zdev;

import java.util.List;
import vfio.core.info.InfoCapability;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** The operations of a zPCI function: the core's, but for what the device's info tells and where regions lie. */
final class ZdevOperations extends VfioPciOperations {

    ZdevOperations(VfioPciDevice device) {
        super(device);
    }

    /** Adds what configuration space does not tell, and a guest's zPCI needs to know (drivers/vfio/pci/vfio_pci_zdev.c). */
    @Override
    protected List<InfoCapability> infoCapabilities() {
        return List.of(ZpciCapabilities.base(), ZpciCapabilities.group(), ZpciCapabilities.util(), ZpciCapabilities.pfip());
    }

    /** Puts regions 256 TiB apart, since a BAR of ISM may have that size (drivers/vfio/pci/ism/main.c). */
    @Override
    public int offsetShift() {
        return 48;
    }
}
