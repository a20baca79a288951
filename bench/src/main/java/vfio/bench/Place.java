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
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(home.resolve("target/drivers"), bundle + "-*.jar")) {
            for (Path jar : jars) {
                return jar;
            }
        }
        throw new IOException("no " + bundle + "-*.jar in " + home.resolve("target/drivers") + "; build the launcher first");
    }

    /** A new, empty folder. */
    Path folder(String name) throws IOException {
        return Files.createTempDirectory(temporary, name);
    }
}
