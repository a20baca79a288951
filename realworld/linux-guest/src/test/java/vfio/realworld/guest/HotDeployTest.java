// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import launcher.GuestDaemon;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Drivers come, are exchanged and go, and a daemon is killed, while a program in it holds a function with memory mapped. */
@Tag("iommufd")
class HotDeployTest {
    private static final Path DIRECTORY = Path.of("/run/hot");
    private static final String HELD = "is held, with 1048576 bytes mapped";

    private final String edu = Guest.all("1234:11e8").get(1);
    private final String taken = Guest.function("1b36:0005");

    HotDeployTest() throws IOException {
    }

    @BeforeEach
    void give() throws IOException {
        Guest.give(edu);
    }

    private GuestDaemon start() throws IOException {
        return GuestDaemon.start(DIRECTORY, "-Dguest.function=" + edu);
    }

    @Test
    void driversAndDaemonsComeAndGoUnderAProgram() throws IOException {
        GuestDaemon killed = start();
        place(killed, built("realworld/guest-program/target", "realworld.guest-program"), "program.jar");
        awaitTrue(() -> killed.say("drivers").ok().contains("edu_program"));
        killed.say("bind", edu, "--driver", "vfio-pci").ok();
        awaitEvents(killed, HELD, 1);

        Path newer = later(built("target/drivers", "vfio.pci.generic"));
        place(killed, newer, "vfio.pci.generic-9.jar");
        awaitEvents(killed, HELD, 2);
        assertTrue(killed.say("drivers").ok().contains("9.0.0"), killed.say("drivers").out());

        killed.say("bind", taken).ok();
        killed.kill();
        assertEquals("vfio-pci", Guest.driver(taken));
        try (GuestDaemon next = start()) {
            next.say("unbind", taken).ok();
            assertEquals("", Guest.driver(taken), "what the killed daemon took is given back by the next");
            next.say("bind", edu, "--driver", "vfio-pci").ok();
            awaitEvents(next, HELD, 1);
            remove(next, "vfio.pci.generic");
            awaitEvents(next, "is let go of", 1);
            awaitTrue(() -> next.say("show", edu, "--json").ok().contains("\"driver\": null"));
        }
        assertEquals("vfio-pci", Guest.driver(edu), "what an operator gave to VFIO stays there");
    }

    /** The jar of a bundle in a folder of the checkout. */
    private static Path built(String folder, String bundle) throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("guest.checkout"), folder))) {
            return files.filter(file -> file.getFileName().toString().matches(bundle + "-[0-9][^-]*(-SNAPSHOT)?[.]jar"))
                    .findFirst().orElseThrow(() -> new AssertionError("no " + bundle + " in " + folder));
        }
    }

    /** The same bundle as version 9. */
    private static Path later(Path jar) throws IOException {
        Path made = Files.createTempFile("later", ".jar");
        try (JarFile from = new JarFile(jar.toFile())) {
            Manifest manifest = from.getManifest();
            manifest.getMainAttributes().put(new Attributes.Name("Bundle-Version"), "9.0.0");
            try (JarOutputStream to = new JarOutputStream(Files.newOutputStream(made), manifest)) {
                for (JarEntry entry : from.stream().filter(one -> !one.getName().equals(JarFile.MANIFEST_NAME)).toList()) {
                    to.putNextEntry(new JarEntry(entry.getName()));
                    from.getInputStream(entry).transferTo(to);
                }
            }
        }
        return made;
    }

    /** As an operator who knows that half a jar may be seen: under another name first. */
    private static void place(GuestDaemon daemon, Path jar, String name) throws IOException {
        Path part = daemon.drivers().resolve(name + ".part");
        Files.copy(jar, part, StandardCopyOption.REPLACE_EXISTING);
        Files.move(part, daemon.drivers().resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private static void remove(GuestDaemon daemon, String bundle) throws IOException {
        try (Stream<Path> files = Files.list(daemon.drivers())) {
            for (Path file : files.filter(one -> one.getFileName().toString().startsWith(bundle)).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void awaitEvents(GuestDaemon daemon, String text, int count) {
        awaitTrue(() -> daemon.say("events").ok().lines().filter(line -> line.contains(text)).count() >= count);
    }

    private static void awaitTrue(Callable<Boolean> fact) {
        await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200)).until(fact);
    }
}
