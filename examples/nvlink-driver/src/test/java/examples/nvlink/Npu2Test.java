// SPDX-License-Identifier: Apache-2.0
package examples.nvlink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.PciDriver;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.DriverContract;

/** The contract at the bridge's end of the link, and the registers that the driver adds. */
class Npu2Test extends DriverContract {
    @Override
    protected PciDriver driver() {
        return new NvlinkDriver();
    }

    @Override
    protected FunctionDescription function() {
        return FunctionDescription.builder(new DeviceKey(0x1014, 0x04ea, 0, 0, 0x068000))
                .express(PortType.ENDPOINT).build();
    }

    @Test
    void launchIsOf64Bits() {
        rig().bind();
        try (DeviceHandle handle = rig().open()) {
            Region atsd = handle.region(9);
            atsd.write64(8, 0xa75d);
            atsd.write32(8, 1);
            assertEquals(0xa75d, atsd.read64(8));
            assertEquals(0, atsd.read64(0));
        }
    }
}
