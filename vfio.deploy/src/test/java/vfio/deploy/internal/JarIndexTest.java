// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JarIndexTest {
    @TempDir
    Path home;

    @Test
    void keepsWhatItKnowsOfAFolderThatCannotBeListed() throws Exception {
        Path drivers = Files.createDirectory(home.resolve("drivers"));
        Path file = Jars.driver("acme", "1").writeTo(drivers.resolve("a.jar"));
        Path folder = Files.createSymbolicLink(home.resolve("link"), drivers);
        JarIndex index = new JarIndex(List.of(folder));
        List<String> aliases = index.aliases();
        assertEquals(1, aliases.size());
        Files.move(Files.createSymbolicLink(home.resolve("next"), folder), folder, StandardCopyOption.ATOMIC_MOVE);
        assertEquals(aliases, index.aliases());
        Files.move(Files.createSymbolicLink(home.resolve("next"), drivers), folder, StandardCopyOption.ATOMIC_MOVE);
        Files.delete(file);
        assertEquals(List.of(), index.aliases());
    }
}
