// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.Composites.cores;
import static itest.Composites.emulatedBus;
import static itest.Composites.felix;
import static itest.Composites.jupiter;
import static itest.Composites.reactor;
import static itest.Composites.scr;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.osgi.framework.FrameworkUtil;
import vfio.core.device.DeviceHandle;
import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.Rig;

/** The test kit is a bundle like another: a vendor's test inside a framework has a function and a driver by it. */
@RunWith(PaxExam.class)
public class TestKitIT {

    @Configuration
    public Option[] framework() {
        return new Option[] {felix(), scr(), cores(), emulatedBus(), jupiter(), reactor("vfio.testkit")};
    }

    @Test
    public void aDriverIsBoundOpenedAndUnboundInsideAFramework() {
        assertEquals("vfio.testkit", FrameworkUtil.getBundle(Rig.class).getSymbolicName());
        FunctionDescription model = FunctionDescription.builder(new DeviceKey(0x1234, 0x5678, 0x1234, 1, 0x020000))
                .bar(new Bar(0, 4096, false, false, false)).build();
        try (Rig rig = new Rig(model, () -> (device, id) -> new VfioPciOperations(device))) {
            rig.bind();
            DeviceHandle handle = rig.open();
            assertEquals(4096, handle.region(0).info().size());
            assertEquals(List.of("testkit"), rig.leave(Duration.ZERO));
            assertTrue(!handle.isOpen());
        }
    }
}
