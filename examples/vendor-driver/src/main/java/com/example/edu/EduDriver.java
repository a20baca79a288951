// SPDX-License-Identifier: Apache-2.0
package com.example.edu;

import org.osgi.service.component.annotations.Component;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.PciDeviceId;

/** The driver of edu, QEMU's device for teaching (docs/specs/edu.rst in QEMU). */
@Component
@PciIds(driver = "edu_vfio_pci", overrideOnly = "1234:11e8")
public final class EduDriver implements PciDriver {
    private static final long REGISTERS = 1 << 20;

    /** @throws VfioException ENODEV for a function without the registers of an edu device */
    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        if (device.function().bars().stream().noneMatch(bar -> bar.index() == 0 && bar.size() == REGISTERS)) {
            throw new VfioException(Errno.ENODEV, "probe " + device.address() + ": BAR0 is not the 1 MiB of an edu device");
        }
        return new EduOperations(device);
    }
}
