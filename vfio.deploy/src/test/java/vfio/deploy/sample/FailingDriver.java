// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.sample;

import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.PciDeviceId;

/** A declarative-services driver whose constructor throws. */
public final class FailingDriver implements PciDriver {
    public FailingDriver() {
        throw new IllegalStateException("no firmware");
    }

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        throw new IllegalStateException("never reached");
    }
}
