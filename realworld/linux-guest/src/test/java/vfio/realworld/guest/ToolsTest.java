// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import launcher.GuestDaemon;
import launcher.GuestDaemon.Said;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** Turns with the tools that operators have, on one function and without a fight. */
@Tag("debian")
@ExtendWith(SharedDaemon.class)
@EnabledIfSystemProperty(named = "guest.kernel", matches = "debian", disabledReason = "driverctl loads vfio-pci as a module")
class ToolsTest {
    private static final String NVME = "1b36:0010";

    private final GuestDaemon vfio;
    private final String nvme = Guest.function(NVME);

    ToolsTest(GuestDaemon vfio) throws IOException {
        this.vfio = vfio;
    }

    private static boolean has(String text, String... words) {
        return text.lines().anyMatch(line -> Stream.of(words).allMatch(line::contains));
    }

    @Test
    void whatDriverctlGaveToVfioStaysThere() throws IOException {
        Guest.tool("driverctl", "--nosave", "set-override", nvme, "vfio-pci");
        vfio.say("bind", nvme).ok();
        vfio.say("unbind", nvme).ok();
        assertEquals("vfio-pci", Guest.driver(nvme));
        assertTrue(has(Guest.tool("driverctl", "list-overrides"), nvme, "vfio-pci"));
        Guest.tool("driverctl", "--nosave", "unset-override", nvme);
        assertEquals("nvme", Guest.driver(nvme));
    }

    /** An interface, since dpdk-devbind knows no disks. */
    @Test
    void whatWeTakeIsSeenByTheOthersAndGivenBackWhole() throws IOException {
        String network = Guest.function("8086:10d3");
        vfio.say("bind", network).ok();
        assertTrue(has(Guest.tool("driverctl", "list-overrides"), network, "vfio-pci"));
        assertTrue(has(Guest.tool("dpdk-devbind.py", "--status"), network, "drv=vfio-pci"));
        vfio.say("unbind", network).ok();
        assertTrue(has(Guest.tool("dpdk-devbind.py", "--status"), network, "drv=e1000e"));
        assertTrue(Guest.tool("driverctl", "list-devices").lines().anyMatch((network + " e1000e")::equals), "no override");
    }

    @Test
    void driverThatDriverctlKeepsForAFunctionIsRespected() throws IOException {
        Guest.run("mount", "-t", "tmpfs", "tmpfs", "/etc/driverctl.d");
        try {
            Files.writeString(Path.of("/etc/driverctl.d/pci-" + nvme), "nvme\n");
            Said refused = vfio.say("bind", nvme);
            assertEquals(5, refused.status(), refused.out() + refused.err());
            assertTrue(refused.err().contains("driverctl"), refused.err());
            assertEquals("nvme", Guest.driver(nvme));
        } finally {
            Guest.run("umount", "/etc/driverctl.d");
        }
    }

    @Test
    void qemuReadsAndWritesTheDiskThatWeTook() throws IOException {
        vfio.say("bind", nvme).ok();
        try {
            String said = Guest.tool("qemu-io", "-f", "raw", "-c", "write -P 0x5a 1M 4k", "-c", "read -P 0x5a 1M 4k",
                    "nvme://" + nvme + "/1");
            assertTrue(has(said, "wrote 4096/4096") && has(said, "read 4096/4096"), said);
        } finally {
            vfio.say("unbind", nvme).ok();
        }
    }
}
