// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads what is in the folders now. The scan is the truth; events of the file system only say when to scan. */
record FolderScan(List<Path> folders) {

    /** The jars by path; a folder that is missing has none. */
    SortedMap<Path, FileStamp> read() {
        SortedMap<Path, FileStamp> files = new TreeMap<>();
        for (Path folder : folders) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, FolderScan::isJarName)) {
                FileStamp place = FileStamp.of(folder);
                entries.forEach(file -> stat(file, place, files));
            } catch (IOException | DirectoryIteratorException e) {
                // Missing, not yet there, or not to be read: nothing in it can be deployed.
                System.getLogger(FolderScan.class.getName())
                        .log(System.Logger.Level.DEBUG, "cannot list {0}: {1}", folder, e);
            }
        }
        return files;
    }

    /** Copying programs write under names with a dot in front, or with another ending. */
    static boolean isJarName(Path path) {
        String name = path.getFileName().toString();
        return name.endsWith(".jar") && !name.startsWith(".") && !name.startsWith("~") && !name.startsWith("#");
    }

    private static void stat(Path file, FileStamp place, SortedMap<Path, FileStamp> files) {
        try {
            FileStamp stamp = FileStamp.of(file);
            if (!stamp.directory()) {
                files.put(file, stamp.in(place));
            }
        } catch (IOException e) {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                files.put(file, FileStamp.DANGLING);
            }
        }
    }
}
