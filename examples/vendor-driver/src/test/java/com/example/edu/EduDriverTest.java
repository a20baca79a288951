// SPDX-License-Identifier: Apache-2.0
package com.example.edu;

import vfio.hardware.emulated.FunctionModel;
import vfio.hardware.emulated.StandardCapabilities;
import vfio.pci.core.DeviceKey;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciFunction.Bar;
import vfio.testkit.DriverContract;

class EduDriverTest extends DriverContract {
    @Override
    protected PciDriver driver() {
        return new EduDriver();
    }

    @Override
    protected FunctionModel function() {
        return FunctionModel.builder(new DeviceKey(0x1234, 0x11e8, 0x1af4, 0x1100, 0x00ff00))
                .bar(new Bar(0, 1 << 20, false, false, false)).capability(StandardCapabilities.msi(1, true, false))
                .interruptPin(1).build();
    }
}
