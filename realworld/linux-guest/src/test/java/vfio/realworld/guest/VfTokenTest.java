// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.device.HostDevices;
import vfio.hardware.linux.device.HostDevices.Access;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;

/** VFs of a PF that VFIO has: whoever opens one must know the secret of the PF's user. */
@Tag("iommufd")
class VfTokenTest {
    private static final int CONFIG = 7;

    private final HostDevices vfio = new HostDevices(Kernel::host, "/dev/vfio", Access.AUTO, Set.of());
    private Given physical;

    @BeforeEach
    void give() throws IOException {
        Guest.allowVirtualFunctions(true);
        physical = Given.of(Guest.function("1b36:0010"));
    }

    @AfterEach
    void takeBack() throws IOException {
        physical.close();
        Guest.allowVirtualFunctions(false);
    }

    private HostDevice open(String function, String token) {
        return vfio.open(Guest.directory(function), function + token);
    }

    private Errno refused(String function, String token) {
        return assertThrows(VfioException.class, () -> open(function, token).close()).errno();
    }

    /** The PF is open before there are VFs: opened later it would be reset under them. */
    @Test
    void virtualFunctionIsOpenedByTheSecretOfItsPhysicalOne() throws IOException {
        String name = physical.name();
        try (HostDevice owner = open(name, VfSecret.RIGHT)) {
            assertEquals(0x00101b36, owner.region(CONFIG).read(0, 4));
            Guest.write(name, "sriov_numvfs", "1");
            try {
                String virtual = Guest.directory(name).resolve("virtfn0").toRealPath().getFileName().toString();
                assertEquals("vfio-pci", Guest.driver(virtual), "the kernel gives it to VFIO by itself");
                assertEquals(Errno.EACCES, refused(virtual, VfSecret.WRONG));
                try (HostDevice user = open(virtual, VfSecret.RIGHT)) {
                    assertEquals(0x00101b36, user.region(CONFIG).read(0, 4));
                    assertEquals(Errno.EACCES, refused(name, VfSecret.WRONG), "its VF is in use");
                }
            } finally {
                Guest.write(name, "sriov_numvfs", "0");
            }
        }
    }

    @Test
    void functionWithoutPhysicalOneTakesNoToken() throws IOException {
        try (Given edu = Given.of(Guest.function("1234:11e8"))) {
            assertEquals(Errno.EINVAL, refused(edu.name(), VfSecret.RIGHT));
        }
    }
}
