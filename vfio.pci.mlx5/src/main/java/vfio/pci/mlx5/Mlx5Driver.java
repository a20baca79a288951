// SPDX-License-Identifier: Apache-2.0
package vfio.pci.mlx5;

import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;

/**
 * The driver of ConnectX virtual functions (drivers/vfio/pci/mlx5/main.c). It takes the id of that driver and makes each
 * function a VFIO device with the core's own operations: the migration of the kernel's driver is not here.
 */
@Component
@PciIds(driver = "mlx5_vfio_pci", ops = "mlx5-vfio-pci", overrideOnly = "15b3:101e")
public final class Mlx5Driver implements PciDriver {

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new VfioPciOperations(device);
    }
}
