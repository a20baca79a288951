// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ProvisioningTest {
    @TempDir
    Path folder;

    private static Provisioning shipped() throws IOException {
        return new Provisioning(settings());
    }

    private static Properties settings() throws IOException {
        Properties settings = new Properties();
        try (InputStream in = Files.newInputStream(Path.of("../cnf/framework.properties"))) {
            settings.load(in);
        }
        return settings;
    }

    private void jar(String file, String... headers) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        for (int i = 0; i < headers.length; i += 2) {
            manifest.getMainAttributes().putValue(headers[i], headers[i + 1]);
        }
        new JarOutputStream(Files.newOutputStream(folder.resolve(file)), manifest).close();
    }

    private void bundle(String name) throws IOException {
        jar(name + "-1.jar", "Bundle-SymbolicName", name + ";singleton:=true");
    }

    @Test
    void coresComeBeforeDeployBeforeBusesBeforeCommands() throws Exception {
        for (String name : List.of("vfio.shell", "vfio.hardware.linux", "vfio.core", "some.library", "vfio.deploy",
                "vfio.hardware.emulated", "org.apache.felix.scr", "vfio.admin", "vfio.pci.core")) {
            bundle(name);
        }
        List<String> order = shipped().plan(folder).stream().map(i -> i.level() + " " + i.symbolicName()).toList();
        assertEquals(List.of("1 org.apache.felix.scr", "1 some.library", "2 vfio.core", "2 vfio.pci.core", "3 vfio.deploy",
                "4 vfio.hardware.emulated", "4 vfio.hardware.linux", "5 vfio.admin", "5 vfio.shell"), order);
    }

    /** Bundles import these packages by version, as they would from the library's own bundle. */
    @Test
    void aLentLibraryHasItsOwnVersion() throws Exception {
        String lent = settings().getProperty("org.osgi.framework.system.packages.extra");
        for (Class<?> type : List.of(Gson.class, CommandLine.class)) {
            Path library = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
            try (JarFile jar = new JarFile(library.toFile())) {
                String version = jar.getManifest().getMainAttributes().getValue("Bundle-Version");
                assertTrue(List.of(lent.split(",")).contains(type.getPackageName() + ";version=" + version),
                        library + " is not in " + lent);
            }
        }
    }

    @Test
    void plainJarsAreLeftAndFragmentsKnown() throws Exception {
        jar("plain.jar");
        jar("fragment.jar", "Bundle-SymbolicName", "f", "Fragment-Host", "h");
        List<Provisioning.Item> plan = shipped().plan(folder);
        assertEquals(1, plan.size());
        assertTrue(plan.get(0).fragment());
    }

    @Test
    void nothingToStartSaysWhatToDo() {
        for (Path none : List.of(folder, folder.resolve("absent"))) {
            LaunchException e = assertThrows(LaunchException.class, () -> shipped().plan(none));
            assertTrue(e.getMessage().contains("mvn package"), e.getMessage());
        }
    }

    @Test
    void aBrokenJarIsNamed() throws Exception {
        Files.writeString(folder.resolve("broken.jar"), "no zip");
        assertTrue(assertThrows(LaunchException.class, () -> shipped().plan(folder)).getMessage().contains("broken.jar"));
    }
}
