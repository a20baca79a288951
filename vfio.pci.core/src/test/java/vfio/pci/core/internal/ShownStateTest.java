// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DriverState;
import vfio.core.device.VfioUser;
import vfio.pci.core.admin.DeviceAdmin.StateRow;
import vfio.pci.core.admin.DeviceAdmin.StateValue;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.internal.facet.DeviceFacet;

/** An operator looks at what a driver would hand over. */
class ShownStateTest {
    private static final String NAME = "0000:01:00.0";

    private final TestCore core = new TestCore();
    private final DeviceFacet devices = new DeviceFacet(core.core, core.programs);
    private final FakeDriver driver = FakeDriver.flagged("acme", "*:*").with("state", "2 1");
    private volatile Supplier<DriverState> handed = () -> DriverState.of(2).with("writes", 111).with("mode", "schnell")
            .with("ring", new byte[40]);

    @BeforeEach
    void plug() {
        core.plug(NAME, 1, 2);
        driver.onProbe = device -> driver.new Operations(device) {
            @Override
            public DriverState handOver(int version) {
                assertEquals(2, version);
                return handed.get();
            }
        };
    }

    @AfterEach
    void end() {
        core.close();
    }

    private DeviceHandle open() {
        core.arrives(driver);
        core.admin.bind(NAME, "acme", false);
        return core.programs.open(NAME, VfioUser.named("user"));
    }

    @Test
    void valuesAreShownByKindAndTheDriverStays() {
        DeviceHandle handle = open();
        StateRow expected = new StateRow("test/" + NAME, "acme", 2, false, List.of(
                new StateValue("writes", "number", 8, "111"), new StateValue("mode", "text", 7, "schnell"),
                new StateValue("ring", "bytes", 40, "00".repeat(32))));
        assertEquals(expected, devices.state(NAME));
        assertEquals(expected, devices.state(NAME));
        assertTrue(handle.isOpen());
    }

    @Test
    void aDriverWithoutAStateHasVersionZero() {
        driver.with("state", "");
        open();
        assertEquals(new StateRow("test/" + NAME, "acme", 0, false, List.of()), devices.state(NAME));
    }

    @Test
    void refusalsAreTheDevicesOwn() {
        assertEquals(Errno.ENODEV, TestCore.errno(() -> devices.state(NAME)));
        DeviceHandle handle = open();
        handed = () -> null;
        assertEquals(Errno.EINVAL, TestCore.errno(() -> devices.state(NAME)));
        handed = () -> DriverState.of(1);
        assertEquals(Errno.EINVAL, TestCore.errno(() -> devices.state(NAME)));
        handed = () -> DriverState.of(2).with("all", new byte[DriverState.MOST_BYTES]);
        assertEquals(Errno.E2BIG, TestCore.errno(() -> devices.state(NAME)));
        assertTrue(handle.isOpen());
        handle.close();
        assertEquals(Errno.ENODEV, TestCore.errno(() -> devices.state(NAME)), "a driver has state of an open device alone");
    }

    @Test
    void aFunctionThatItsDriverUsesItselfIsEbusy() {
        core.arrives(driver.owner());
        core.admin.bind(NAME, "acme", false);
        assertEquals(Errno.EBUSY, TestCore.errno(() -> devices.state(NAME)));
    }
}
