// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import launcher.GuestDaemon;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A card that is pulled while a program in the daemon holds it, with memory mapped, and does not let go of it. */
@Tag("debian")
@ExtendWith(SharedDaemon.class)
class UnplugWhileHeldTest {
    private static final String PROGRAM = "program.jar";

    private final GuestDaemon vfio;
    private final String card = Guest.removable();

    UnplugWhileHeldTest(GuestDaemon vfio) throws IOException {
        this.vfio = vfio;
    }

    @BeforeEach
    void deploy() throws IOException {
        Files.createFile(SharedDaemon.DEAF);
        vfio.place(GuestDaemon.built("realworld/guest-program/target", "realworld.guest-program"), PROGRAM);
    }

    @AfterEach
    void takeAway() throws IOException {
        Files.delete(vfio.drivers().resolve(PROGRAM));
        Files.delete(SharedDaemon.DEAF);
        Guest.plug(card);
    }

    @Test
    void programThatDoesNotLetGoLosesTheCardWhenItsTimeIsUp() throws IOException {
        vfio.say("bind", card, "--driver", "vfio-pci").ok();
        vfio.awaitEvents("is held, with 1048576 bytes mapped", 1);
        Guest.unplug();
        vfio.awaitEvents("its host wants it back", 1);
        vfio.awaitEvents("guest-program did not let go in time", 1);
        await().atMost(Duration.ofSeconds(60)).until(() -> !Files.exists(Guest.directory(card)));
        vfio.awaitEvents("was taken away, and reads 0xffffffff", 1);
        await().atMost(Duration.ofSeconds(60)).until(() -> !vfio.say("list").ok().contains(card));
        assertEquals(4, vfio.say("show", card).status());
    }
}
