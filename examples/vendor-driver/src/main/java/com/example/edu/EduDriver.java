// SPDX-License-Identifier: Apache-2.0
package com.example.edu;

import org.osgi.service.component.annotations.Component;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDeviceId;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** QEMU's teaching device, docs/specs/edu.rst there. */
@Component
@PciIds(driver = "edu_vfio_pci", overrideOnly = "1234:11e8")
public final class EduDriver implements PciDriver {
    private static final long REGISTERS = 1 << 20;

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        boolean registers = device.function().bars().stream().anyMatch(bar -> bar.index() == 0 && bar.size() == REGISTERS);
        if (!registers) {
            throw new VfioException(Errno.ENODEV, "probe " + device.address() + ": BAR0 is not the 1 MiB of an edu device");
        }
        return new EduOperations(device);
    }

    /** Override here what differs from the generic driver; nothing does yet. */
    private static final class EduOperations extends VfioPciOperations {
        private EduOperations(VfioPciDevice device) {
            super(device);
        }
    }
}
