// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** A folder and all in it. Symbolic links are never followed. */
final class FileTree {
    private FileTree() {
    }

    private static boolean isFolder(Path path) {
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    }

    private static List<Path> content(Path folder) throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.toList();
        }
    }

    static void delete(Path tree) throws IOException {
        if (isFolder(tree)) {
            for (Path file : content(tree)) {
                delete(file);
            }
        }
        Files.deleteIfExists(tree);
    }

    /** Moves a tree file by file, also to another file system. A file that the target has already stays, in both trees. */
    static void move(Path from, Path to) throws IOException {
        if (!isFolder(from)) {
            if (!Files.exists(to, LinkOption.NOFOLLOW_LINKS)) {
                Files.move(from, to);
            }
            return;
        }
        if (!isFolder(to)) {
            Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
        }
        for (Path file : content(from)) {
            move(file, to.resolve(file.getFileName()));
        }
        try {
            Files.delete(from);
        } catch (DirectoryNotEmptyException e) {
            // something of it stays
        }
    }
}
