// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchFolderTest {
    @TempDir
    Path folder;

    @Test
    void theFirstPlaceThatCanBeWrittenToIsTaken() throws Exception {
        Path made = ScratchFolder.make("vfio-", List.of(folder.resolve("none"), Path.of("/proc"), folder));
        assertEquals(folder, made.getParent());
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made)));
    }

    @Test
    void whereNothingCanBeWrittenItIsSaidWithWhatToDo() {
        LaunchException failure = assertThrows(LaunchException.class,
                () -> ScratchFolder.make("vfio-", List.of(folder.resolve("none"), Path.of("/proc"))));
        assertEquals(1, failure.exitCode());
        for (String part : List.of(folder + "/none (", "/proc (", "VFIO_JAVA_OPTS=-Djava.io.tmpdir=DIR")) {
            assertTrue(failure.getMessage().contains(part), failure.getMessage());
        }
    }

    @Test
    void oneThatIsTooDeepForASocketIsPassedOver() throws Exception {
        Path deep = Files.createDirectories(folder.resolve("d".repeat(100)));
        assertEquals(folder, ScratchFolder.make("v-", List.of(deep, folder)).getParent());
    }
}
