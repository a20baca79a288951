// SPDX-License-Identifier: Apache-2.0
package itest.drivers;

import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;

/** A driver without a fault, for QEMU's edu and the e1000e. */
@Component
@PciIds(driver = "sound", overrideOnly = {"1234:11e8", "8086:10d3"})
public final class SoundDriver implements PciDriver {

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new VfioPciOperations(device);
    }
}
