// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import launcher.GuestDaemon;
import launcher.GuestDaemon.Said;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** VFs of a PF that an operator took for VFIO, made and used by commands. */
@Tag("debian")
@ExtendWith(SharedDaemon.class)
class VfTokenByDaemonTest {
    private static final String NVME = "1b36:0010";

    private final GuestDaemon vfio;
    private final String physical = Guest.function(NVME);

    VfTokenByDaemonTest(GuestDaemon vfio) throws IOException {
        this.vfio = vfio;
    }

    @BeforeEach
    void take() throws IOException {
        Guest.allowVirtualFunctions(true);
        vfio.say("bind", physical).ok();
    }

    @AfterEach
    void giveBack() throws IOException {
        vfio.say("unbind", physical).ok();
        Guest.allowVirtualFunctions(false);
        assertEquals(1, Guest.all(NVME).size(), "VFs go with their PF's driver");
    }

    private void assertDenied(String name) {
        Said denied = vfio.say("read", name, "config", "0");
        assertEquals(1, denied.status(), denied.out() + denied.err());
        assertTrue(denied.err().contains("permission denied"), denied.err());
    }

    /** The secret is set before there are VFs: to open the PF resets it, and they with it. */
    @Test
    void virtualFunctionIsReadByTheSecretOfItsPhysicalOne() throws IOException {
        vfio.say("regions", physical + VfSecret.RIGHT).ok();
        assertTrue(vfio.say("vfs", physical, "1").ok().contains("1 VFs"));
        String virtual = Guest.all(NVME).get(1);
        assertEquals("vfio-pci", Guest.driver(virtual));
        await().atMost(Duration.ofSeconds(60)).until(() -> vfio.say("list").ok().contains(virtual));
        vfio.say("bind", virtual).ok();
        assertDenied(virtual);
        assertDenied(virtual + VfSecret.WRONG);
        assertEquals("0x00101b36", vfio.say("read", virtual + VfSecret.RIGHT, "config", "0").ok().trim());
    }
}
