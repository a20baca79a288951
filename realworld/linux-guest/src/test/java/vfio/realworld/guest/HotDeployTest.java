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
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import launcher.GuestDaemon;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Drivers come, are exchanged and go, a card is pulled, and a daemon is killed, while a program in it holds a function with
 * memory mapped.
 */
@Tag("iommufd")
class HotDeployTest {
    private static final Path DIRECTORY = Path.of("/run/hot");
    private static final String HELD = "is held, with 1048576 bytes mapped";

    private final String card = Guest.removable();
    private final String taken = Guest.function("1b36:0005");

    HotDeployTest() throws IOException {
    }

    @BeforeEach
    void give() throws IOException {
        Guest.give(card);
    }

    @AfterEach
    void takeBack() throws IOException {
        Guest.takeBack(card);
    }

    private GuestDaemon start() throws IOException {
        return GuestDaemon.start(DIRECTORY, "-Dguest.function=" + card);
    }

    @Test
    void driversAndDaemonsComeAndGoUnderAProgram() throws IOException {
        GuestDaemon killed = start();
        killed.place(GuestDaemon.built("realworld/guest-program/target", "realworld.guest-program"), "program.jar");
        awaitTrue(() -> killed.say("drivers").ok().contains("edu_program"));
        killed.say("bind", card, "--driver", "vfio-pci").ok();
        killed.awaitEvents(HELD, 1);

        Path newer = GuestDaemon.version(GuestDaemon.built("target/drivers", "vfio.pci.generic"), "9.0.0");
        killed.place(newer, "vfio.pci.generic-9.jar");
        killed.awaitEvents("driver-updated", 1);
        assertTrue(killed.say("drivers").ok().contains("9.0.0"), killed.say("drivers").out());
        assertEquals(1, killed.events(HELD), "the program did not have to let go");

        killed.say("bind", taken).ok();
        killed.kill();
        assertEquals("vfio-pci", Guest.driver(taken));
        try (GuestDaemon next = start()) {
            next.say("unbind", taken).ok();
            assertEquals("", Guest.driver(taken), "what the killed daemon took is given back by the next");
            next.say("bind", card, "--driver", "vfio-pci").ok();
            next.awaitEvents(HELD, 1);
            pullAndPlug(next);
            next.say("bind", card, "--driver", "vfio-pci").ok();
            next.awaitEvents(HELD, 2);
            remove(next, "vfio.pci.generic");
            next.awaitEvents("is let go of", 2);
            awaitTrue(() -> next.say("show", card, "--json").ok().contains("\"driver\": null"));
        }
        assertEquals("vfio-pci", Guest.driver(card), "what an operator gave to VFIO stays there");
    }

    /** The program lets go when it is asked, so the kernel need not wait. */
    private void pullAndPlug(GuestDaemon daemon) throws IOException {
        Guest.unplug();
        daemon.awaitEvents("is let go of", 1);
        awaitTrue(() -> !daemon.say("list").ok().contains(card));
        assertFalse(Files.exists(Guest.directory(card)));
        assertEquals(0, daemon.events("did not let go in time"));
        Guest.plug(card);
        Guest.give(card);
        awaitTrue(() -> daemon.say("list").ok().contains(card));
    }

    private static void remove(GuestDaemon daemon, String bundle) throws IOException {
        try (Stream<Path> files = Files.list(daemon.drivers())) {
            for (Path file : files.filter(one -> one.getFileName().toString().startsWith(bundle)).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void awaitTrue(Callable<Boolean> fact) {
        await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200)).until(fact);
    }
}
