// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderScanTest {
    @TempDir
    Path home;

    private static FolderScan.Listing read(Path... folders) {
        return new FolderScan(List.of(folders)).read();
    }

    @Test
    void whatIsMissingOrNoFolderIsEmpty() throws Exception {
        Path file = Files.createFile(home.resolve("file"));
        FolderScan.Listing seen = read(home.resolve("missing"), file, file.resolve("below"));
        assertEquals(Map.of(), seen.files());
        assertEquals(Map.of(), seen.unread());
    }

    @Test
    void whatCannotBeListedIsNotEmptyButUnknown() throws Exception {
        Path loop = home.resolve("loop");
        Files.createSymbolicLink(loop, loop);
        Path tooLong = home.resolve("n".repeat(300));
        Path good = Files.createDirectory(home.resolve("good"));
        Files.createFile(good.resolve("a.jar"));
        FolderScan.Listing seen = read(loop, tooLong, good);
        assertEquals(Set.of(loop, tooLong), seen.unread().keySet());
        assertTrue(seen.hides(loop.resolve("a.jar")));
        assertEquals(Set.of(good.resolve("a.jar")), seen.files().keySet());
    }

    @Test
    void linkThatLeadsNowhereIsThereAllTheSame() throws Exception {
        Path loop = home.resolve("loop.jar");
        Files.createSymbolicLink(loop, loop);
        Path dangling = Files.createSymbolicLink(home.resolve("dangling.jar"), home.resolve("nothing"));
        assertEquals(Map.of(loop, FileStamp.DANGLING, dangling, FileStamp.DANGLING), read(home).files());
    }
}
