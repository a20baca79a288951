// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import launcher.GuestDaemon;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How functions get back to a real kernel's drivers: past an override that was there, plugged anew, without a record. */
@Tag("debian")
@ExtendWith(SharedDaemon.class)
class WayBackTest {
    private static final String E1000E = "8086:10d3";
    private static final String NVME = "1b36:0010";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final GuestDaemon vfio;

    WayBackTest(GuestDaemon vfio) {
        this.vfio = vfio;
    }

    private static String override(String function) throws IOException {
        return Files.readString(Guest.directory(function).resolve("driver_override")).trim();
    }

    @Test
    void overrideThatWasThereBesideAnothersDriverComesBackAfterIt() throws IOException {
        String card = Guest.function(E1000E);
        for (String before : List.of("vfio-pci", "nosuchdriver")) {
            Guest.write(card, "driver_override", before);
            try {
                vfio.say("bind", card).ok();
                assertEquals("vfio-pci", Guest.driver(card));
                vfio.say("unbind", card).ok();
                assertEquals("e1000e", Guest.driver(card));
                assertEquals(before, override(card));
            } finally {
                Guest.write(card, "driver_override", "\n");
            }
        }
    }

    @Test
    void whatWasTakenEndsWithItsVirtualFunction() throws IOException {
        String physical = Guest.function(NVME);
        Guest.write(physical, "sriov_drivers_autoprobe", "0");
        try {
            String virtual = appears(physical);
            vfio.say("bind", virtual).ok();
            assertTrue(vfio.say("show", virtual).ok().contains("taken from"));
            Guest.write(physical, "sriov_numvfs", "0");
            virtual = appears(physical);
            assertFalse(vfio.say("show", virtual).ok().contains("taken from"));
            Guest.give(virtual);
            vfio.say("bind", virtual).ok();
            vfio.say("unbind", virtual).ok();
            assertEquals("vfio-pci", Guest.driver(virtual));
            assertEquals("vfio-pci", override(virtual));
        } finally {
            Guest.write(physical, "sriov_numvfs", "0");
            Guest.write(physical, "sriov_drivers_autoprobe", "1");
        }
    }

    /** The first of two VFs, once the daemon has it. */
    private String appears(String physical) throws IOException {
        Guest.write(physical, "sriov_numvfs", "2");
        String virtual = Guest.directory(physical).resolve("virtfn0").toRealPath().getFileName().toString();
        await().atMost(PATIENCE).until(() -> vfio.say("list").ok().contains(virtual));
        return virtual;
    }

    @Test
    void whatSomebodyHasMadeAsItWasIsTakenNoMore() throws IOException {
        String card = Guest.function(E1000E);
        vfio.say("bind", card).ok();
        Guest.takeBack(card);
        assertEquals("e1000e", Guest.driver(card));
        await().atMost(PATIENCE).until(() -> !vfio.say("show", card).ok().contains("taken from"));
        await().atMost(PATIENCE).until(() -> vfio.say("show", card, "--json").ok().contains("\"driver\": null"));
        Guest.give(card);
        try {
            assertFalse(vfio.say("show", card).ok().contains("taken from"), "an operator has given it by hand since");
        } finally {
            vfio.say("unbind", card, "--to-host").ok();
        }
    }

    @Test
    void functionOfWhichNothingIsRememberedGoesToTheDriverThatTheKernelChooses() throws IOException {
        String card = Guest.function(E1000E);
        Guest.give(card);
        String shown = vfio.say("show", card).ok();
        assertTrue(shown.contains("'vfio unbind " + card + " --to-host' gives it to the host's own driver"), shown);
        String plan = vfio.say("unbind", card, "--to-host", "--dry-run").ok();
        assertTrue(plan.contains("driver/unbind, now of vfio-pci"), plan);
        assertEquals("vfio-pci", Guest.driver(card));
        String said = vfio.say("unbind", card, "--to-host").ok();
        assertTrue(said.contains("host driver e1000e has it"), said);
        assertEquals("e1000e", Guest.driver(card));
        assertEquals("(null)", override(card));
    }
}
