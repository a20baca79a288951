// SPDX-License-Identifier: Apache-2.0
package vfio.pci.mlx5;

import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDeviceId;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** ConnectX virtual functions, as drivers/vfio/pci/mlx5/main.c. */
@Component
@PciIds(driver = "mlx5_vfio_pci", ops = "mlx5-vfio-pci", overrideOnly = "15b3:101e")
public final class Mlx5Driver implements PciDriver {

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new Mlx5Operations(device);
    }

    /** Until the PF's driver offers its command service, a VF is a plain VFIO device. */
    private static final class Mlx5Operations extends VfioPciOperations {
        private Mlx5Operations(VfioPciDevice device) {
            super(device);
        }
    }
}
