// SPDX-License-Identifier: Apache-2.0
package examples.nvlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.Region;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.PciDriver;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.DriverContract;

/** The contract at the GPU's end of the link, and the memory that the driver adds. */
class V100Test extends DriverContract {
    @Override
    protected PciDriver driver() {
        return new NvlinkDriver();
    }

    @Override
    protected FunctionDescription function() {
        return FunctionDescription.builder(new DeviceKey(0x10de, 0x1db1, 0, 0, 0x030200))
                .bar(new Bar(0, 1 << 24, false, false, false)).express(PortType.ENDPOINT).build();
    }

    @Test
    void memoryIsMappedButForTheLastPage() {
        rig().bind();
        try (DeviceHandle handle = rig().open()) {
            Region memory = handle.region(9);
            long kept = memory.info().size() - 4096;
            Mapping mapping = memory.map(0, kept);
            mapping.write32(kept - 4, 7);
            assertEquals(7, memory.read32(kept - 4));
            assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> memory.map(kept, 4096)).errno());
        }
    }
}
