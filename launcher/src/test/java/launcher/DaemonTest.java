// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import vfio.core.file.TrustedPath;

class DaemonTest {
    private static final int SOMEBODY = 54321;

    @TempDir
    Path folder;
    private Path bundles;
    private Path directory;
    private Settings settings;

    @BeforeEach
    void makeHome() throws IOException {
        Home home = new Home(folder.resolve("home with space"));
        bundles = Files.createDirectories(home.bundles());
        Path shipped = Files.createDirectories(home.shippedDrivers());
        Files.writeString(shipped.resolve("vfio.pci.generic-1.jar"), "generic");
        Files.writeString(shipped.resolve("vfio.pci.igd-1.jar"), "igd");
        Files.writeString(shipped.resolve("vfio.pci.mlx5-1.jar"), "mlx5");
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path jar = Path.of(entry);
            if (jar.getFileName().toString().matches("org\\.apache\\.felix\\.(scr|configadmin)-.*jar")) {
                Files.copy(jar, bundles.resolve(jar.getFileName()));
            }
        }
        directory = folder.resolve("run");
        settings = new Settings(home, Set.of("emulated"), null, home.drivers(), directory, directory, List.of(),
                List.of(Settings.Assignment.parse("stub:key=value"), Settings.Assignment.parse("stub~one:key=1")),
                List.of(), false, false);
    }

    private void stub(String imports) throws IOException {
        StubBundle.write(bundles.resolve("vfio.shell-1.jar"), "vfio.shell", imports);
    }

    private Properties notes(String what) throws IOException {
        Properties notes = new Properties();
        try (Reader in = Files.newBufferedReader(directory.resolve(what + ".notes"))) {
            notes.load(in);
        }
        return notes;
    }

    @Test
    void matchingOpensLastAndClosesFirst() throws Exception {
        stub("");
        try (Daemon daemon = Daemon.start(settings)) {
            assertEquals(directory, daemon.directory());
            assertEquals("false", notes("started").getProperty("settled"));
            assertEquals("false", notes("settled").getProperty("stopping"));
            assertFalse(Files.exists(directory.resolve("unsettled.notes")));
        }
        assertEquals("false", notes("unsettled").getProperty("stopping"));
        assertEquals("true", notes("stopped").getProperty("unsettled"));
    }

    @Test
    void settingsAreThereBeforeAnyoneStarts() throws Exception {
        stub("");
        Daemon.start(settings).close();
        assertEquals("value", notes("started").getProperty("stub"));
        assertEquals("1", notes("started").getProperty("stub~one"));
        assertTrue(notes("started").containsKey("vfio.hardware.emulated"));
    }

    @Test
    void theShutdownServiceEndsTheWait() throws Exception {
        stub("");
        try (Daemon daemon = Daemon.start(settings)) {
            ServiceReference<Runnable> reference = daemon.context().getServiceReferences(Runnable.class,
                    "(vfio.shutdown=true)").iterator().next();
            daemon.context().getService(reference).run();
            daemon.awaitStopRequest();
        }
        assertTrue(Files.notExists(directory.resolve("daemon.pid")));
    }

    @Test
    void aFrameworkStoppedFromInsideLetsDriversGoFirst() throws Exception {
        stub("");
        try (Daemon daemon = Daemon.start(settings)) {
            daemon.context().getBundle(0).stop();
            daemon.awaitStopRequest();
        }
        assertEquals("true", notes("stopped").getProperty("unsettled"));
    }

    @Test
    void theDirectoryServesAgainAndOnlyOneAtATime() throws Exception {
        stub("");
        for (int i = 0; i < 2; i++) {
            try (Daemon daemon = Daemon.start(settings)) {
                assertEquals(3, assertThrows(LaunchException.class, () -> Daemon.start(settings)).exitCode());
                assertEquals(directory, daemon.directory());
            }
        }
    }

    @Test
    void aBundleThatDoesNotResolveIsNamedWithWhatItLacks() throws IOException {
        stub(",not.there");
        LaunchException e = assertThrows(LaunchException.class, () -> Daemon.start(settings));
        assertEquals(1, e.exitCode());
        assertTrue(e.getMessage().contains("vfio.shell") && e.getMessage().contains("not.there"), e.getMessage());
        assertTrue(Files.notExists(directory.resolve("daemon.pid")), "it runs on");
    }

    @Test
    void programsAreStartedToo() throws Exception {
        stub("");
        Path program = folder.resolve("program.jar");
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue(Constants.BUNDLE_MANIFESTVERSION, "2");
        manifest.getMainAttributes().putValue(Constants.BUNDLE_SYMBOLICNAME, "program");
        new JarOutputStream(Files.newOutputStream(program), manifest).close();
        try (Daemon daemon = Daemon.start(with(program))) {
            Bundle started = Stream.of(daemon.context().getBundles())
                    .filter(bundle -> "program".equals(bundle.getSymbolicName())).findFirst().orElseThrow();
            assertEquals(Bundle.ACTIVE, started.getState());
            started.stop(); // unlike a bundle of the daemon's own
            assertTrue(daemon.fallen().isEmpty());
        }
    }

    @Test
    void aProgramThatIsNoBundleOrAnothersIsRefused() throws Exception {
        stub("");
        Path program = folder.resolve("program.jar");
        LaunchException absent = assertThrows(LaunchException.class, () -> Daemon.start(with(program)));
        assertTrue(absent.getMessage().contains("cannot use the program " + program), absent.getMessage());
        StubBundle.write(program, "program", ",not.there");
        LaunchException unresolved = assertThrows(LaunchException.class, () -> Daemon.start(with(program)));
        assertTrue(unresolved.getMessage().contains("not.there"), unresolved.getMessage());
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rw-rw-rw-"));
        LaunchException open = assertThrows(LaunchException.class, () -> Daemon.start(with(program)));
        assertTrue(open.getMessage().contains("may be written by others"), open.getMessage());
        assertFalse(Files.exists(directory.resolve("daemon.pid")), "it runs on");
    }

    private Settings with(Path program) {
        return new Settings(settings.home(), settings.buses(), null, settings.drivers(), directory, directory, List.of(),
                List.of(), List.of(program), false, false);
    }

    @Test
    void standaloneNeverOpensMatching() throws Exception {
        stub("");
        Daemon.start(new Settings(settings.home(), Set.of("emulated"), null, settings.drivers(), directory, directory,
                List.of(), List.of(), List.of(), false, true)).close();
        assertFalse(Files.exists(directory.resolve("settled.notes")));
        assertFalse(Files.exists(settings.drivers()), "a command that changes nothing makes no folder");
    }

    @Test
    void theDriversFolderIsSeededOnce() throws Exception {
        stub("");
        Daemon.start(settings).close();
        assertEquals(List.of("vfio.pci.generic-1.jar", "vfio.pci.igd-1.jar"),
                Home.jars(settings.drivers()).stream().map(p -> p.getFileName().toString()).toList());
        Files.delete(settings.drivers().resolve("vfio.pci.igd-1.jar"));
        Daemon.start(settings).close();
        assertEquals(1, Home.jars(settings.drivers()).size(), "what the operator took away stays away");
    }

    @Test
    void seededDriversAreOfTheDaemonsUserAlone() throws Exception {
        stub("");
        Path shipped = settings.home().shippedDrivers().resolve("vfio.pci.igd-1.jar");
        Files.setPosixFilePermissions(shipped, PosixFilePermissions.fromString("rw-rw-rw-"));
        boolean root = TrustedPath.ofThisProcess().user() == 0;
        if (root) {
            Files.setAttribute(shipped, "unix:uid", SOMEBODY);
        }
        Daemon.start(settings).close();
        Path seeded = settings.drivers().resolve("vfio.pci.igd-1.jar");
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(seeded)));
        assertEquals(TrustedPath.ofThisProcess().user(), Files.getAttribute(seeded, "unix:uid"));
        assertEquals(Files.getLastModifiedTime(shipped), Files.getLastModifiedTime(seeded));
    }

    @Test
    void noDriversFolderIsMadeWhereAnotherUserCouldExchangeIt() throws Exception {
        stub("");
        Files.setPosixFilePermissions(settings.home().path(), PosixFilePermissions.fromString("rwxrwxrwx"));
        LaunchException e = assertThrows(LaunchException.class, () -> Daemon.start(settings));
        assertTrue(e.getMessage().startsWith("cannot use the drivers folder " + settings.drivers() + ": "
                + settings.home().path() + " on the way to it may be written by others (mode 777); chmod o-w it; mend that "
                + "or name another with --drivers"),
                e.getMessage());
        assertFalse(Files.exists(settings.drivers()));
    }

    @Test
    void theCacheOfTheRunBeforeIsGone() throws Exception {
        stub("");
        Daemon.start(settings).close();
        Path left = Files.createFile(directory.resolve("framework/left"));
        Daemon.start(settings).close();
        assertTrue(Files.notExists(left));
    }
}
