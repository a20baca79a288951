// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import launcher.GuestDaemon;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** A VFIO driver that the kernel has as a module, which nobody has loaded. */
@Tag("debian")
@ExtendWith(SharedDaemon.class)
@EnabledIfSystemProperty(named = "guest.kernel", matches = "debian", disabledReason = "the other kernel has them built in")
class MissingModuleTest {
    private static final Path DRIVER = Path.of("/sys/bus/pci/drivers/vfio-pci");

    private final GuestDaemon vfio;

    MissingModuleTest(GuestDaemon vfio) {
        this.vfio = vfio;
    }

    /** Functions that an operator gave to the driver are its again once it is loaded. */
    @Test
    void moduleIsLoadedByTheBindThatNeedsIt() throws IOException {
        String function = Guest.function("1b36:0005");
        Guest.run("rmmod", "vfio_pci");
        assertFalse(Files.exists(DRIVER));
        await().atMost(Duration.ofSeconds(60))
                .until(() -> vfio.say("bind", function, "--dry-run").ok().contains("load module vfio_pci"));
        assertFalse(Files.exists(DRIVER), "nothing is done yet");
        String said = vfio.say("bind", function).ok();
        assertTrue(said.contains("loaded module vfio_pci"), said);
        assertEquals("vfio-pci", Guest.driver(function));
        assertTrue(vfio.say("regions", function).ok().contains("configuration"), "it can be opened");
        vfio.say("unbind", function).ok();
        assertEquals("", Guest.driver(function));
    }
}
