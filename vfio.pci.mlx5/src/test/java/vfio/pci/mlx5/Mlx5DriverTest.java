// SPDX-License-Identifier: Apache-2.0
package vfio.pci.mlx5;

import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.PciDriver;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.DriverContract;

/** The contract over a function with the ids and registers of a ConnectX VF. */
class Mlx5DriverTest extends DriverContract {
    @Override
    protected PciDriver driver() {
        return new Mlx5Driver();
    }

    @Override
    protected FunctionDescription function() {
        return FunctionDescription.builder(new DeviceKey(0x15b3, 0x101e, 0x15b3, 0x0001, 0x020000))
                .bar(new Bar(0, 1 << 20, false, true, true)).express(PortType.ENDPOINT)
                .msix(12, 0, 0x2000, 0x3000).build();
    }
}
