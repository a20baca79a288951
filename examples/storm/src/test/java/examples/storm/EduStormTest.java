// SPDX-License-Identifier: Apache-2.0
package examples.storm;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import examples.storm.EduStorm.Tally;
import org.junit.jupiter.api.Test;
import vfio.core.SharedMemory;
import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.user.FunctionHandle;
import vfio.testkit.Rig;

/** What a storm counts is what the device has seen, over an exchange of its driver too. */
class EduStormTest {
    private static final DeviceKey EDU = new DeviceKey(0x1234, 0x11e8, 0x1af4, 0x1100, 0x00ff00);

    @Test
    void everyInterruptThatIsRaisedComesAndNothingFails() throws InterruptedException {
        FunctionDescription edu = FunctionDescription.builder(EDU).bar(new Bar(0, 1 << 20, false, false, false))
                .msi(1, true, false).interruptPin(1).model("edu").build();
        try (Rig rig = new Rig(edu, () -> (device, id) -> new VfioPciOperations(device))) {
            rig.bind();
            try (EduStorm storm = new EduStorm(new FunctionHandle(rig.open(), () -> null, (name, size) -> SharedMemory.ofProcess(size),
                    () -> { }))) {
                await().until(() -> storm.tally().came() > 0 && storm.tally().writes() > storm.tally().came());
                rig.exchange();
                long before = storm.tally().came();
                await().until(() -> storm.tally().came() > before);
                storm.calm();
                Tally tally = storm.tally();
                assertEquals(tally.raised(), tally.came());
                assertEquals(0, tally.errors(), tally::firstError);
                assertNull(tally.firstError());
                assertFalse(tally.busy());
            }
        }
    }
}
