// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWiring;
import vfio.deploy.sample.SampleDriver;

/** What goes wrong with openHAB's addons folder, and cannot here. */
class OpenHabBugsTest extends DeployedFolder {
    @Override
    Fixture newFixture() throws Exception {
        return new Fixture(home).withComponents();
    }

    /** openhab-docs #2627: old and new version both run until the old one is uninstalled by hand. */
    @Test
    void oldAndNewVersionDoNotCoexist() throws Exception {
        for (int minor = 0; minor < 5; minor++) {
            Jars.driver("acme", "1." + minor).writeTo(f.folder.resolve("acme-" + minor + ".jar"));
        }
        f.scanned();
        Jars.driver("acme", "1.9").writeTo(f.folder.resolve("acme-9.jar"));
        f.deploy.rescan();
        assertEquals(List.of("acme 1.9.0"), f.running());
        assertEquals(1, f.ours().size());
    }

    /** openhab-core #3983: after a restart the bundles are those of before the upgrade. */
    @Test
    void upgradeIsNotRevertedByARestart() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(f.folder.resolve("acme.jar"));
        f.scanned();
        Jars.driver("acme", "2.0.0").writeTo(f.folder.resolve("acme.jar"));
        f.deploy.rescan();
        f.end();
        f.scanned();
        assertEquals(List.of("acme 2.0.0"), f.running());
        f.end();
        Jars.driver("acme", "3.0.0").writeTo(f.folder.resolve("acme.jar"));
        f.scanned();
        assertEquals(List.of("acme 3.0.0"), f.running(), "nor is one missed that came while nobody watched");
        assertEquals(1, f.ours().size());
    }

    /** openhab-core #3021: a jar with the same version, or older by its time, is not taken. */
    @Test
    void rebuildOfTheSameVersionIsTakenWhateverItsTime() throws Exception {
        Path file = Jars.driver("acme", "1.0.0").entry("build", "1").writeTo(f.folder.resolve("acme.jar"));
        f.scanned();
        long former = f.ours().get(0).getBundleId();
        Jars.driver("acme", "1.0.0").entry("build", "2").writeTo(file);
        Files.setLastModifiedTime(file, FileTime.fromMillis(0));
        f.deploy.rescan();
        assertEquals("active", f.state("acme.jar"));
        assertTrue(f.ours().get(0).getBundleId() != former);
    }

    /** openhab-addons #18054: the upgraded add-on finds its native library loaded by the old one's class loader. */
    @Test
    void noDriverBringsANativeLibrary() throws Exception {
        Jars.driver("acme", "1.0.0").entry("lib/libacme.so", "ELF").writeTo(f.folder.resolve("a.jar"));
        Jars.driver("bcme", "1.0.0").header("Bundle-NativeCode", "lib/x;osname=linux").writeTo(f.folder.resolve("b.jar"));
        f.scanned();
        for (String file : List.of("a.jar", "b.jar")) {
            assertEquals("refused", f.state(file));
            assertTrue(f.row(file).reason().contains("native code"), f.row(file).reason());
        }
    }

    /** The same, seen from the other end: the old build's class loader goes. */
    @Test
    void classLoaderOfAReplacedAndOfARemovedBuildIsCollected() throws Exception {
        Path file = Jars.driver("acme", "1.0.0").component(SampleDriver.class, "immediate=\"true\"", "")
                .writeTo(f.folder.resolve("acme.jar"));
        f.scanned();
        WeakReference<ClassLoader> first = loader();
        Jars.driver("acme", "2.0.0").component(SampleDriver.class, "immediate=\"true\"", "").writeTo(file);
        f.deploy.rescan();
        WeakReference<ClassLoader> second = loader();
        Files.delete(file);
        f.deploy.rescan();
        await().until(() -> {
            System.gc();
            return first.get() == null && second.get() == null;
        });
    }

    private WeakReference<ClassLoader> loader() throws ClassNotFoundException {
        Bundle bundle = f.ours().get(0);
        bundle.loadClass(SampleDriver.class.getName());
        return new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader());
    }
}
