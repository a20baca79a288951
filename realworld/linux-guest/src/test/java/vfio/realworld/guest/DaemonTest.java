// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import launcher.GuestDaemon;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The daemon on a real kernel, over functions that the kernel has given to VFIO. */
@Tag("debian")
@ExtendWith(SharedDaemon.class)
class DaemonTest {
    private static final String EDU = "1234:11e8";

    private final GuestDaemon vfio;

    DaemonTest(GuestDaemon vfio) {
        this.vfio = vfio;
    }

    @BeforeAll
    static void give() throws IOException {
        Guest.give(Guest.function(EDU));
    }

    @Test
    void listIsSysfs() throws IOException {
        Map<String, String> listed = new TreeMap<>();
        vfio.say("list").ok().lines().skip(1).map(line -> line.split(" +")).forEach(row -> listed.put(row[0], row[1]));
        assertEquals(Guest.functions(), listed);
    }

    @Test
    void functionThatIsGivenIsBoundAndUsed() throws IOException {
        String edu = Guest.function(EDU);
        vfio.say("bind", edu).ok();
        assertTrue(vfio.say("list").ok().lines().anyMatch(line -> line.startsWith(edu) && line.contains("vfio-pci")));
        assertTrue(vfio.say("regions", edu).ok().contains("1 MiB  rw mmap"), "BAR 0 as the kernel has it");
        assertEquals("0x010000ed", vfio.say("read", edu, "bar0", "0").ok().trim());
        assertTrue(vfio.say("config", edu).ok().contains("Vendor 1234, Device 11e8"));
        vfio.say("unbind", edu).ok();
        assertEquals("vfio-pci", Guest.driver(edu), "the kernel's binding is not ours to take");
    }

    @Test
    void doctorFindsNothingToMendInThisGuest() {
        String found = vfio.say("doctor", "--memory", "1G").ok();
        for (String check : List.of("iommu", "interrupt remapping", "kernel vfio", "dma_entry_limit")) {
            assertTrue(found.lines().anyMatch(line -> line.matches("ok +" + check + " .*")), check + " in\n" + found);
        }
        assertTrue(found.lines().anyMatch(line -> line.startsWith("note") && line.contains("shared by several functions")),
                found);
    }
}
