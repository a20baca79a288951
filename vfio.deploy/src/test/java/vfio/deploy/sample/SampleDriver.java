// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.sample;

import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;

/** A declarative-services driver with nothing of its own. */
public final class SampleDriver implements PciDriver {
    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new VfioPciOperations(device);
    }
}
