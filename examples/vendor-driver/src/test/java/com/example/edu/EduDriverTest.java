// SPDX-License-Identifier: Apache-2.0
package com.example.edu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.PciDriver;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.DriverContract;
import vfio.testkit.Rig;

/** The contract over an edu device, and what this driver does besides. */
class EduDriverTest extends DriverContract {
    private static final DeviceKey EDU = new DeviceKey(0x1234, 0x11e8, 0x1af4, 0x1100, 0x00ff00);
    private static final int LIVENESS = 0x04;
    private static final int DMA_SOURCE = 0x80;

    @Override
    protected PciDriver driver() {
        return new EduDriver();
    }

    @Override
    protected FunctionDescription function() {
        return FunctionDescription.builder(EDU).bar(new Bar(0, 1 << 20, false, false, false))
                .msi(1, true, false).interruptPin(1).model("edu").build();
    }

    @Test
    void userFindsNothingOfTheLastOne() {
        rig().bind();
        try (DeviceHandle first = rig().open()) {
            first.region(0).write32(LIVENESS, 0x12345678);
            first.region(0).write64(DMA_SOURCE, 0x7654_3000);
            assertEquals(0x7654_3000, first.region(0).read64(DMA_SOURCE));
        }
        try (DeviceHandle second = rig().open()) {
            Region registers = second.region(0);
            assertEquals(0, registers.read32(LIVENESS));
            assertEquals(0, registers.read64(DMA_SOURCE));
        }
    }

    @Test
    void functionWithoutTheRegistersIsDeclined() {
        FunctionDescription other = FunctionDescription.builder(EDU).bar(new Bar(0, 4096, false, false, false)).build();
        try (Rig rig = new Rig(other, this::driver)) {
            assertEquals(Errno.ENODEV, assertThrows(VfioException.class, rig::bind).errno());
        }
    }
}
