// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What is measured, and room for files.
 *
 * @param home the checkout, with {@code vfio} in it
 * @param corpora the folder that {@code realworld/corpora/make} made, null where it was not asked for
 * @param temporary removed at the end
 */
record Place(Path home, Path corpora, Path temporary) {

    /** The jar of a driver bundle as built. */
    Path driver(String bundle) throws IOException {
        return jar("target/drivers", bundle);
    }

    /** A jar that the build has put into a folder of the checkout, by its artifact's name. */
    Path jar(String folder, String artifact) throws IOException {
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(home.resolve(folder), artifact + "-[0-9]*.jar")) {
            for (Path jar : jars) {
                return jar;
            }
        }
        throw new IOException("no " + artifact + "-*.jar in " + home.resolve(folder) + "; build launcher and bench first");
    }

    /** A new, empty folder. */
    Path folder(String name) throws IOException {
        return Files.createTempDirectory(temporary, name);
    }
}
