// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.binding.HostTakeover;
import vfio.hardware.linux.binding.OutsideProcesses;
import vfio.hardware.linux.device.HostGroups;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostBinding.Request;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/** Writes that a real kernel refuses or does not come back from. */
@Tag("debian")
class HostWritesTest {
    private static final String EDU = "1234:11e8";
    private static final String TESTDEV = "1b36:0005";

    @TempDir
    Path folder;

    @Test
    void driverThatRefusesLeavesDriverAndOverrideAsTheyWere() throws IOException {
        String edu = Guest.function(EDU);
        String driver = Guest.driver(edu);
        Path override = Guest.directory(edu).resolve("driver_override");
        String before = Files.readString(override);
        OneDriver refusing = new OneDriver("virtio_pci", "virtio-pci"); // takes no edu, and says so at once
        HostTakeover takeover = refusing.takeover(edu, new DeviceKey(0x1234, 0x11e8, 0, 0, 0), folder);
        VfioException refused = assertThrows(VfioException.class, () -> takeover.take(Request.BEST));
        assertEquals(Errno.ENODEV, refused.errno(), refused.getMessage());
        assertEquals(driver, Guest.driver(edu));
        assertEquals(before, Files.readString(override));
        assertFalse(takeover.taken());
    }

    @Test
    void unbindThatWaitsForAnOpenFileDoesNotHoldUsUp() throws IOException {
        String function = Guest.function(TESTDEV);
        PciAddress address = PciAddress.parse(function);
        Guest.rebind(function, "vfio-pci");
        OutsideProcesses outside = new OutsideProcesses(Duration.ofSeconds(2));
        HostDevice device = new HostGroups(Kernel::host, "/dev/vfio").open(address, Integer.parseInt(Guest.group(function)));
        try {
            VfioException waits = assertThrows(VfioException.class,
                    () -> outside.write(address, Guest.directory(function).resolve("driver/unbind"), function));
            assertEquals(Errno.ETIMEDOUT, waits.errno());
            assertTrue(outside.waiting(address).isPresent());
            assertEquals(Errno.EBUSY, assertThrows(VfioException.class,
                    () -> outside.write(address, Guest.directory(function).resolve("driver_override"), "x")).errno());
        } finally {
            device.close();
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> outside.waiting(address).isEmpty());
        Guest.rebind(function, "");
    }
}
