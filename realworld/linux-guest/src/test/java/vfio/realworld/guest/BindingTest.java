// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import launcher.GuestDaemon;
import launcher.GuestDaemon.Said;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import vfio.hardware.linux.binding.OutsideProcesses;

/** What an operator's bind and unbind do to the drivers of a real kernel, and what the guards keep them from. */
@Tag("debian")
@ExtendWith(SharedDaemon.class)
class BindingTest {
    private static final String EDU = "1234:11e8";
    private static final String NVME = "1b36:0010";
    private static final String E1000E = "8086:10d3";
    private static final String TESTDEV = "1b36:0005";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int BUSY = 5;

    private final GuestDaemon vfio;

    BindingTest(GuestDaemon vfio) {
        this.vfio = vfio;
    }

    private void assertRefused(int status, String words, String... command) {
        Said said = vfio.say(command);
        assertEquals(status, said.status(), said.out() + said.err());
        assertTrue(said.err().contains(words), said.err());
    }

    /** The node of the function's disk, once it is there. */
    private static Path disk(String function) {
        Path[] found = new Path[1];
        await().atMost(PATIENCE).until(() -> {
            try (Stream<Path> nodes = Files.list(Path.of("/dev"))) {
                found[0] = nodes.filter(node -> node.getFileName().toString().matches("nvme[0-9]+n[0-9]+")).findFirst()
                        .orElse(null);
            }
            return found[0] != null && "nvme".equals(Guest.driver(function));
        });
        return found[0];
    }

    private static byte[] firstBlock(Path disk) throws IOException {
        try (InputStream in = Files.newInputStream(disk)) {
            return in.readNBytes(512);
        }
    }

    @Test
    void diskIsTakenByTheBestDriverAndUsableWhenGivenBack() throws IOException {
        String nvme = Guest.function(NVME);
        byte[] before = firstBlock(disk(nvme));
        String plan = vfio.say("bind", nvme, "--dry-run").ok();
        assertTrue(plan.contains("driver/unbind, now of nvme") && plan.contains("no guard speaks against it"), plan);
        assertEquals("nvme", Guest.driver(nvme));
        vfio.say("bind", nvme, "--owner", "root").ok();
        assertEquals("vfio-pci", Guest.driver(nvme));
        assertTrue(vfio.say("regions", nvme).ok().contains("rw mmap"), "it can be opened");
        String shown = vfio.say("show", nvme).ok();
        assertTrue(shown.contains("vfio-pci of module vfio_pci\n"), shown);
        assertTrue(shown.contains("nvme; the host override was none\n"), shown);
        String given = vfio.say("unbind", nvme).ok();
        assertTrue(given.contains("host driver nvme has it again"), given);
        assertEquals("(null)", Files.readString(Guest.directory(nvme).resolve("driver_override")).trim());
        assertArrayEquals(before, firstBlock(disk(nvme)));
    }

    @Test
    void diskInUseIsRefused() throws IOException {
        String nvme = Guest.function(NVME);
        String node = disk(nvme).toString();
        boolean swaps = Files.exists(Path.of("/proc/swaps")); // one kernel has no swap, the other no file system built in
        Path place = Files.createTempDirectory("mounted");
        Guest.run(swaps ? "mkswap" : "mke2fs", node);
        if (swaps) {
            Guest.run("swapon", node);
        } else {
            Guest.run("mount", "-t", "ext4", node, place.toString());
        }
        try {
            assertRefused(BUSY, swaps ? "is swapped to" : "is mounted at " + place, "bind", nvme);
            assertRefused(BUSY, "guard block-device", "bind", nvme, "--force", "network");
            assertEquals("nvme", Guest.driver(nvme));
        } finally {
            Guest.run(swaps ? "swapoff" : "umount", node);
        }
    }

    @Test
    void interfaceInUseIsRefusedUnlessForced() throws IOException {
        String card = Guest.function(E1000E);
        String name = interfaceOf(card);
        Guest.run("ip", "link", "set", name, "up");
        assertRefused(BUSY, "interface " + name + " is up", "bind", card);
        assertEquals("e1000e", Guest.driver(card));
        vfio.say("bind", card, "--force", "network").ok();
        assertEquals("vfio-pci", Guest.driver(card));
        vfio.say("unbind", card).ok();
        assertEquals("e1000e", Guest.driver(card));
        interfaceOf(card);
    }

    private static String interfaceOf(String card) {
        Path net = Guest.directory(card).resolve("net");
        await().atMost(PATIENCE).until(() -> Files.isDirectory(net));
        return net.toFile().list()[0];
    }

    @Test
    void neighbourOfTheGroupIsNamed() throws IOException {
        List<String> edus = Guest.all(EDU);
        String first = edus.get(edus.size() - 2);
        String second = edus.get(edus.size() - 1);
        assertEquals(Guest.group(first), Guest.group(second));
        String was = Guest.driver(second);
        if (!Files.exists(Path.of("/sys/bus/pci/drivers/uio_pci_generic"))) { // built in, or a module that nobody has loaded
            new OutsideProcesses(PATIENCE).load("uio_pci_generic");
        }
        Guest.rebind(second, "uio_pci_generic");
        try {
            assertRefused(BUSY, "neighbour " + second + " of group " + Guest.group(first) + " is bound to uio_pci_generic",
                    "bind", first);
        } finally {
            Guest.rebind(second, was);
        }
    }

    @Test
    void activeVirtualFunctionsAndRootPortsAreNeverTaken() throws IOException {
        String nvme = Guest.function(NVME);
        disk(nvme);
        Guest.write(nvme, "sriov_drivers_autoprobe", "0");
        try {
            assertTrue(vfio.say("vfs", nvme, "2").ok().contains("2 VFs"));
            await().atMost(PATIENCE).until(() -> Guest.all(NVME).size() == 3);
            assertRefused(BUSY, "2 active VFs", "bind", nvme, "--force", "block-device");
            await().atMost(PATIENCE)
                    .until(() -> vfio.say("list").ok().lines().filter(row -> row.contains(NVME)).count() == 3);
            assertTrue(vfio.say("vfs", nvme, "0").ok().contains("0 VFs"));
            assertEquals(1, Guest.all(NVME).size());
        } finally {
            Guest.write(nvme, "sriov_drivers_autoprobe", "1");
        }
        assertRefused(1, "it is a bridge", "bind", Guest.function("1b36:000c"));
    }

    @Test
    void functionThatAnotherProcessHasOpenIsNotGivenBack() throws IOException {
        String function = Guest.function(TESTDEV);
        vfio.say("bind", function).ok();
        String node = "/dev/vfio/" + Guest.group(function);
        RandomAccessFile open = new RandomAccessFile(node, "rw");
        try (open) {
            String holder = "process " + ProcessHandle.current().pid() + " (java) has " + node + " open";
            assertRefused(BUSY, holder, "unbind", function);
            assertEquals("vfio-pci", Guest.driver(function));
        }
        vfio.say("unbind", function).ok();
        assertEquals("", Guest.driver(function));
    }

    @Test
    void whatTheKernelUnbindsIsSeenAtOnce() throws IOException {
        String function = Guest.function(TESTDEV);
        vfio.say("bind", function).ok();
        Guest.write(function, "driver/unbind", function);
        await().atMost(PATIENCE).until(() -> vfio.say("show", function, "--json").ok().contains("\"driver\": null"));
        vfio.say("unbind", function).ok();
        assertEquals("(null)", Files.readString(Guest.directory(function).resolve("driver_override")).trim());
    }
}
