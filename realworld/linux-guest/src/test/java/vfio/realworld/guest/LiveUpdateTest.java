// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import launcher.GuestDaemon;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A driver's bundle is updated again and again while a program drives the function by mapped registers and messages. */
@Tag("debian")
class LiveUpdateTest {
    private static final int UPDATES = 20;
    private static final Path END = Path.of("/run/storm-end");
    private static final String ENDED = "has ended: ";

    /** What the kernel runs when a function is opened, closed, set up anew or reset. */
    private static final String[] NOTICED = {"vfio_df_open", "vfio_df_close", "vfio_device_fops_release",
            "vfio_device_fops_mmap", "vfio_pci_core_enable", "vfio_pci_core_disable", "vfio_pci_set_irqs_ioctl",
            "pci_reset_function*", "pci_try_reset_function", "pcie_flr", "pci_reset_bus"};

    private final String edu = Guest.function("1234:11e8");

    LiveUpdateTest() throws IOException {
    }

    @BeforeEach
    void give() throws IOException {
        Guest.give(edu);
    }

    @AfterEach
    void takeBack() throws IOException {
        Files.deleteIfExists(END);
        Guest.takeBack(edu);
    }

    @Test
    void kernelDoesNotNoticeTwentyUpdates() throws IOException {
        Path generic = GuestDaemon.built("target/drivers", "vfio.pci.generic");
        try (GuestDaemon daemon = GuestDaemon.start(Path.of("/run/live"), "-Dguest.storm=" + edu)) {
            daemon.place(GuestDaemon.built("realworld/guest-program/target", "realworld.guest-program"), "program.jar");
            daemon.say("bind", edu, "--driver", "vfio-pci").ok();
            daemon.awaitEvents("has begun", 1);
            Map<String, String> before = vfioFiles(daemon.pid());
            assertTrue(before.size() >= 2, "its container and its device among " + before);
            try (KernelTrace kernel = new KernelTrace(NOTICED)) {
                for (int update = 1; update <= UPDATES; update++) {
                    daemon.place(GuestDaemon.version(generic, update + 1 + ".0.0"), "vfio.pci.generic.jar");
                    daemon.awaitEvents("driver-updated", update);
                }
                assertEquals(List.of(), kernel.calls());
                assertEquals(before, vfioFiles(daemon.pid()));

                Files.createFile(END);
                daemon.awaitEvents(ENDED, 1);
                assertNotEquals(List.of(), kernel.calls(), "what the kernel runs when the program closes");
            }
            assertTrue(daemon.say("drivers").ok().contains(UPDATES + 1 + ".0.0"), daemon.say("drivers").out());
            String[] told = daemon.say("events").ok().lines().filter(line -> line.contains(ENDED)).findFirst().orElseThrow()
                    .replaceFirst(".*" + ENDED, "").split("[^0-9]+");
            assertTrue(Long.parseLong(told[0]) > UPDATES, "rounds of the program: " + told[0]);
            assertEquals(told[0], told[1], "messages that came, of those raised");
            assertEquals("0", told[2], "wrong answers of a register");
            assertEquals(0, daemon.events("is wanted back"));
        }
    }

    /** The numbers of a process's files of VFIO, with what each is. */
    private static Map<String, String> vfioFiles(long pid) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path file : all.toList()) {
                String what = Files.readSymbolicLink(file).toString();
                if (what.contains("vfio")) {
                    files.put(file.getFileName().toString(), what);
                }
            }
        }
        return files;
    }
}
