// SPDX-License-Identifier: Apache-2.0
package examples.counting;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DriverState;
import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.PciDriver;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.DriverContract;

/** The contract of a driver, and the count over an exchange. */
class CountingDriverTest extends DriverContract {
    private static final DeviceKey EDU = new DeviceKey(0x1234, 0x11e8, 0x1af4, 0x1100, 0x00ff00);
    private static final int LIVENESS = 0x04;

    @Override
    protected PciDriver driver() {
        return new CountingDriver();
    }

    @Override
    protected FunctionDescription function() {
        return FunctionDescription.builder(EDU).bar(new Bar(0, 1 << 20, false, false, false)).msi(1, true, false)
                .interruptPin(1).model("edu").build();
    }

    @Override
    public String state() {
        return "1";
    }

    @Override
    public void use(DeviceHandle handle) {
        handle.region(0).write32(LIVENESS, 7);
    }

    @Test
    void theCountGoesOnOverAnExchangeAndBeginsAnewAtAnOpen() {
        rig().state(state());
        rig().bind();
        try (DeviceHandle handle = rig().open()) {
            use(handle);
            use(handle);
            rig().exchange();
            use(handle);
            assertEquals(3, writes());
        }
        try (DeviceHandle handle = rig().open()) {
            use(handle);
            assertEquals(1, writes());
        }
    }

    private long writes() {
        VfioPciOperations operations = (VfioPciOperations) rig().binding();
        DriverState state = operations.handOver(1);
        operations.stay();
        return state.number("writes", -1);
    }
}
