// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The scan of the folders. A scan is the truth; events of the file system only say when to scan. */
record FolderScan(List<Path> folders) {

    /**
     * The files that one scan saw.
     *
     * @param files the jars by path
     * @param unread folders that are there but cannot be listed, with the reason: nothing is known of their files
     */
    record Listing(SortedMap<Path, FileStamp> files, Map<Path, IOException> unread) {

        /** Tells whether the scan says nothing about a file. */
        boolean hides(Path file) {
            return unread.containsKey(file.getParent());
        }
    }

    /** Reads the folders; one that is missing has no files. */
    Listing read() {
        Listing seen = new Listing(new TreeMap<>(), new TreeMap<>());
        for (Path folder : folders) {
            try {
                seen.files().putAll(list(folder));
            } catch (NoSuchFileException | NotDirectoryException e) {
                // Not yet there, or no more: that is how an operator takes all of its drivers away.
            } catch (IOException e) {
                seen.unread().put(folder, e);
            }
        }
        return seen;
    }

    /**
     * Tells whether a file counts as a jar; programs that copy write under names with a dot in front, or with another ending.
     */
    static boolean isJarName(Path path) {
        String name = path.getFileName().toString();
        return name.toLowerCase(Locale.ROOT).endsWith(".jar")
                && !name.startsWith(".") && !name.startsWith("~") && !name.startsWith("#");
    }

    /** Lists a folder: all of its files or, where that fails halfway, none. */
    private static Map<Path, FileStamp> list(Path folder) throws IOException {
        Map<Path, FileStamp> files = new TreeMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, FolderScan::isJarName)) {
            String place = FileStamp.place(folder);
            for (Path file : entries) {
                stat(file, place, files);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return files;
    }

    private static void stat(Path file, String place, Map<Path, FileStamp> files) throws IOException {
        try {
            FileStamp stamp = FileStamp.of(file);
            if (!stamp.directory()) {
                files.put(file, stamp.in(place));
            }
        } catch (IOException e) {
            if (isThere(file)) {
                files.put(file, FileStamp.DANGLING);
            }
        }
    }

    /** Tells whether a file is there; only a file that is certainly not there is gone, and its driver is stopped. */
    private static boolean isThere(Path file) throws IOException {
        try {
            Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }
}
