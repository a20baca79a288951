// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationsTest {
    @TempDir
    Path directory;
    private Path config;

    @BeforeEach
    void makeFolder() throws IOException {
        config = Files.createDirectory(directory.resolve("config"));
    }

    private Map<String, Map<String, Object>> of(List<String> policies, boolean standalone, Set<String> buses, String... sets)
            throws LaunchException {
        List<Settings.Assignment> assignments = Arrays.stream(sets).map(Settings.Assignment::parse).toList();
        Settings settings = new Settings(new Home(Path.of("/h")), buses, null, Path.of("/drv"), Path.of("/run/d"), directory,
                policies, assignments, List.of(), false, standalone);
        return Configurations.of(settings).byPid();
    }

    private Map<String, Map<String, Object>> emulated(String... sets) throws LaunchException {
        return of(List.of(), false, Set.of("emulated"), sets);
    }

    @Test
    void whatTheLauncherSaysByItself() throws LaunchException {
        Map<String, Map<String, Object>> all = emulated();
        assertEquals(Set.of("vfio.admin", "vfio.deploy", "vfio.hardware.emulated"), all.keySet());
        assertEquals("", all.get("vfio.hardware.emulated").get("topology"));
        assertArrayEquals(new String[] {"/drv"}, (String[]) all.get("vfio.deploy").get("folders"));
        assertArrayEquals(new String[] {"/h/target/drivers"}, (String[]) all.get("vfio.deploy").get("shipped"));
        assertEquals(directory.resolve("staging").toString(), all.get("vfio.deploy").get("staging"));
        assertEquals("/run/d", all.get("vfio.admin").get("directory"));
        assertEquals(directory.toString(), all.get("vfio.admin").get("state"));
        assertEquals(false, all.get("vfio.admin").get("standalone"));
    }

    @Test
    void aBusThatWasNotChosenIsNotConfigured() throws Exception {
        Files.writeString(config.resolve("vfio.hardware.linux.properties"), "sysfs=/s\n");
        assertFalse(emulated().containsKey("vfio.hardware.linux"));
        assertEquals("/s", of(List.of(), false, Set.of("linux"), new String[0]).get("vfio.hardware.linux").get("sysfs"));
        assertEquals(directory.resolve("taken").toString(),
                of(List.of(), false, Set.of("linux"), new String[0]).get("vfio.hardware.linux").get("taken"));
    }

    @Test
    void aFolderOfSettingsThatIsNoneIsTold() throws Exception {
        Files.delete(config);
        assertEquals(Map.of(), of(List.of(), false, Set.of(), new String[0]).getOrDefault("x", Map.of()), "none is usual");
        Files.writeString(config, "rules=strict-rfc\n");
        assertTrue(assertThrows(LaunchException.class, this::emulated).getMessage().contains("cannot take the settings of "
                + config));
    }

    @Test
    void theCommandLineBeatsTheFile() throws Exception {
        Files.writeString(config.resolve("vfio.pci.core.properties"), "rules=strict-rfc\nprobeLimitMillis=1\n");
        Map<String, Object> core = emulated("vfio.pci.core:probeLimitMillis=2").get("vfio.pci.core");
        assertEquals(Map.of("rules", "strict-rfc", "probeLimitMillis", "2"), core);
    }

    @Test
    void aFileOfAFactoryInstanceKeepsItsName() throws Exception {
        Files.writeString(config.resolve("vfio.pci.driver~vfio-pci.properties"), "ids=8086:100e,15b3:*\n");
        assertEquals(Map.of("ids", "8086:100e,15b3:*"), emulated().get("vfio.pci.driver~vfio-pci"));
    }

    @Test
    void policiesOfTheCommandLineComeLast() throws Exception {
        Files.writeString(config.resolve("vfio.pci.core.properties"), "policies[]=*=manual , 0000:01:*=auto\n");
        assertArrayEquals(new String[] {"*=manual", "0000:01:*=auto", "0000:02:00.0=pinned x"}, (String[])
                of(List.of("0000:02:00.0=pinned x"), false, Set.of("emulated")).get("vfio.pci.core").get("policies"));
        Files.writeString(config.resolve("vfio.pci.core.properties"), "policies=*=manual\n");
        assertArrayEquals(new String[] {"*=manual", "*=auto"}, (String[])
                of(List.of("*=auto"), false, Set.of("emulated")).get("vfio.pci.core").get("policies"));
    }

    @Test
    void anEmptyListIsEmpty() throws LaunchException {
        assertArrayEquals(new String[0], (String[]) emulated("vfio.deploy:shipped[]=").get("vfio.deploy").get("shipped"));
    }

    @Test
    void aStandaloneCommandReadsNoFiles() throws Exception {
        Files.writeString(config.resolve("vfio.pci.core.properties"), "rules=strict-rfc\n");
        Map<String, Map<String, Object>> all = of(List.of(), true, Set.of("emulated", "linux"));
        assertFalse(all.containsKey("vfio.pci.core"));
        assertEquals("", all.get("vfio.hardware.linux").get("taken"), "it takes nothing from its host");
        assertEquals(true, all.get("vfio.admin").get("standalone"));
    }

    @Test
    void badFilesAreNamed() throws Exception {
        Path bad = config.resolve("vfio.pci.core.properties");
        Files.writeString(bad, "rules=\\u00zz\n");
        assertTrue(assertThrows(LaunchException.class, this::emulated).getMessage().contains(bad.getFileName().toString()));
        Files.write(bad, new byte[] {(byte) 0xff, (byte) 0xfe, '\n'});
        assertTrue(assertThrows(LaunchException.class, this::emulated).getMessage().contains(bad.getFileName().toString()));
        Files.write(bad, new byte[2 << 20]);
        assertTrue(assertThrows(LaunchException.class, this::emulated).getMessage().contains("more than 1048576 bytes"));
        Files.delete(bad);
        Files.writeString(config.resolve("a b.properties"), "x=y\n");
        assertTrue(assertThrows(LaunchException.class, this::emulated).getMessage().contains("a b"));
    }
}
