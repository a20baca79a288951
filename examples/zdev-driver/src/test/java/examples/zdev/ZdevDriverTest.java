// SPDX-License-Identifier: Apache-2.0
package examples.zdev;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import vfio.core.device.DeviceHandle;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.PciDriver;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.DriverContract;

/** The contract, and the two operations that differ. */
class ZdevDriverTest extends DriverContract {
    @Override
    protected PciDriver driver() {
        return new ZdevDriver();
    }

    @Override
    protected FunctionDescription function() {
        return FunctionDescription.builder(new DeviceKey(0x1014, 0x04ed, 0, 0, 0x028000))
                .bar(new Bar(0, 4096, false, false, false)).express(PortType.ENDPOINT).build();
    }

    @Test
    void infoHasTheFourCapabilitiesOfZpci() {
        rig().bind();
        try (DeviceHandle handle = rig().open()) {
            DeviceInfo info = handle.info();
            assertEquals(List.of(1, 2, 3, 4), info.capabilities().stream().map(InfoCapability::id).toList());
            assertEquals(0x1_0000_0000L, info.capability(DeviceInfo.CAP_ZPCI_BASE).orElseThrow().payload().getLong(0));
            assertEquals(0xfee0_0000L, info.capability(DeviceInfo.CAP_ZPCI_GROUP).orElseThrow().payload().getLong(8));
        }
    }

    @Test
    void regionsLie256TebibytesApart() {
        rig().bind();
        try (DeviceHandle handle = rig().open()) {
            assertEquals(7L << 48, handle.regionInfo(7).offset());
        }
    }
}
