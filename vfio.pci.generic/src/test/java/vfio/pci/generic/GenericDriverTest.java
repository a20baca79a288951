// SPDX-License-Identifier: Apache-2.0
package vfio.pci.generic;

import vfio.core.EventLog;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.PciDriver;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.DriverContract;

/** The contract over the generic driver, on a network card with every kind of interrupt. */
class GenericDriverTest extends DriverContract {
    @Override
    protected PciDriver driver() {
        return new GenericDriver(new EventLog());
    }

    @Override
    protected FunctionDescription function() {
        return FunctionDescription.builder(new DeviceKey(0x8086, 0x10d3, 0x8086, 0xa01f, 0x020000))
                .bar(new Bar(0, 1 << 17, false, false, false)).bar(new Bar(2, 32, true, false, false))
                .bar(new Bar(3, 1 << 14, false, false, false)).powerManagement()
                .msi(1, true, false).express(PortType.ENDPOINT)
                .msix(5, 3, 0, 0x2000).interruptPin(1).build();
    }
}
