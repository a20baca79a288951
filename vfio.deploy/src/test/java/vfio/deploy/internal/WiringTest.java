// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.SynchronousBundleListener;
import vfio.deploy.sample.ThrowingActivator;

/** Who is wired to a driver, and what becomes of them when it changes. */
class WiringTest extends DeployedFolder {
    private static final String NOTE = "acme/api/note.txt";

    private static Jars provider(String version) {
        return Jars.driver("acme", version).header("Export-Package", "acme.api;version=1.0").entry(NOTE, version);
    }

    private static Jars user(String name) {
        return Jars.driver(name, "1.0.0").header("Import-Package", "acme.api");
    }

    @Test
    void bundleOfTheInstallationIsNeverWiredToADriver() throws Exception {
        Path jar = Jars.driver("library", "1").header("Provide-Capability", null)
                .header("DynamicImport-Package", "acme.api").header("Import-Package", "acme.api;resolution:=optional")
                .writeTo(home.resolve("library.jar"));
        Bundle library = f.context().installBundle(jar.toUri().toString());
        provider("1.0.0").writeTo(file("a.jar"));
        f.scanned();
        library.start();
        assertEquals("active", f.state("a.jar"), f.row("a.jar").reason());
        assertNull(library.getResource(NOTE));
        long started = library.getLastModified();
        Files.delete(file("a.jar"));
        f.deploy.rescan();
        assertEquals(Bundle.ACTIVE, library.getState());
        assertEquals(started, library.getLastModified());
    }

    @Test
    void driverMayUseAnotherThatRuns() throws Exception {
        user("user").writeTo(file("a.jar"));
        provider("1.0.0").writeTo(file("b.jar"));
        f.scanned();
        assertEquals(List.of("acme 1.0.0", "user 1.0.0"), f.running());
        Bundle user = f.ours().stream().filter(bundle -> bundle.getSymbolicName().equals("user")).findFirst().orElseThrow();
        assertNotNull(user.getResource(NOTE));
    }

    @Test
    void dependentIsHandedOverBeforeItsProviderIsExchangedAndComesBackAfterIt() throws Exception {
        provider("1.0.0").writeTo(file("b.jar"));
        f.scanned();
        user("user").writeTo(file("a.jar"));
        f.deploy.rescan();
        provider("2.0.0").writeTo(file("b.jar"));
        f.deploy.rescan();
        assertEquals(List.of("acme 2.0.0", "user 1.0.0"), f.running());
        assertEquals(List.of("retire user 1.0.0 state 32", "retire acme 1.0.0 state 32", "restore", "restore", "close",
                "close"), f.core.calls);
        assertEquals("active", f.state("a.jar"));
    }

    @Test
    void buildIsNotWiredToTheOneWhosePlaceItTakes() throws Exception {
        provider("1.0.0").header("Import-Package", "acme.api").writeTo(file("b.jar"));
        f.scanned();
        provider("2.0.0").header("Import-Package", "acme.api").writeTo(file("b.jar"));
        List<String> starts = new ArrayList<>();
        f.context().addBundleListener((SynchronousBundleListener) event -> {
            if (event.getType() == BundleEvent.STARTED || event.getType() == BundleEvent.STOPPED) {
                starts.add((event.getType() == BundleEvent.STARTED ? "started " : "stopped ")
                        + event.getBundle().getVersion());
            }
        });
        f.deploy.rescan();
        assertEquals(List.of("acme 2.0.0"), f.running());
        assertEquals(List.of("started 2.0.0", "stopped 1.0.0"), starts);
    }

    @Test
    void dependentOfADriverThatGoesSaysWhatItLacksAndRunsAgainWithIt() throws Exception {
        byte[] provider = provider("1.0.0").bytes();
        Files.write(file("b.jar"), provider);
        f.scanned();
        user("user").writeTo(file("a.jar"));
        f.deploy.rescan();
        Files.delete(file("b.jar"));
        f.deploy.rescan();
        assertEquals("unresolved", f.state("a.jar"));
        assertEquals("it needs package acme.api; here: none", f.row("a.jar").reason());
        assertEquals(List.of(), f.ours());
        Files.write(file("b.jar"), provider);
        f.deploy.rescan();
        assertEquals(List.of("acme 1.0.0", "user 1.0.0"), f.running());
        assertEquals("active", f.state("a.jar"));
    }

    @Test
    void dependentKeepsItsFunctionsWhenTheUpgradeOfItsProviderFails() throws Exception {
        provider("1.0.0").writeTo(file("b.jar"));
        f.scanned();
        user("user").writeTo(file("a.jar"));
        f.deploy.rescan();
        provider("2.0.0").activator(ThrowingActivator.class).writeTo(file("b.jar"));
        f.deploy.rescan();
        assertEquals(List.of("acme 1.0.0", "user 1.0.0"), f.running());
        assertEquals("active", f.state("a.jar"));
        assertEquals(2, f.core.calls.stream().filter("restore"::equals).count());
    }

    @Test
    void bundleStoppedByAnotherIsStartedAgainOnceAndThenSaysSo() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.scanned();
        f.ours().get(0).stop();
        await().until(() -> f.running().equals(List.of("acme 1.0.0")));
        f.deploy.rescan();
        assertTrue(f.eventTypes().contains("bundle-stopped"));
        f.ours().get(0).uninstall();
        await().until(() -> f.state("a.jar").equals("failed"));
        assertTrue(f.row("a.jar").reason().contains("stopped twice"), f.row("a.jar").reason());
        Jars.driver("acme", "1.0.0").moveTo(file("a.jar"));
        f.deploy.rescan();
        assertEquals(List.of("acme 1.0.0"), f.running());
    }
}
