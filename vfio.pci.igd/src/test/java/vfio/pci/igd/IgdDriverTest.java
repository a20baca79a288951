// SPDX-License-Identifier: Apache-2.0
package vfio.pci.igd;

import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.PciDriver;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.DriverContract;

/** The contract over a display controller of the root complex. */
class IgdDriverTest extends DriverContract {
    @Override
    protected PciDriver driver() {
        return new IgdDriver();
    }

    @Override
    protected FunctionDescription function() {
        return FunctionDescription.builder(new DeviceKey(0x8086, 0x3e92, 0x1028, 0x0869, 0x030000))
                .bar(new Bar(0, 1 << 24, false, true, false)).bar(new Bar(2, 1 << 28, false, true, true))
                .bar(new Bar(4, 64, true, false, false)).powerManagement()
                .msi(1, false, false).advancedFeatures()
                .interruptPin(1).build();
    }
}
