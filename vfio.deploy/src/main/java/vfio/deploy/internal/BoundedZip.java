// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.ZipFile;

/** Opens zips after a look at their end: opening reads the central directory, however large the zip says that is. */
final class BoundedZip {
    static final int MOST_ENTRIES = 20_000;
    /** Room for {@link #MOST_ENTRIES} of 400 bytes each. */
    static final long LARGEST_DIRECTORY = 8L << 20;

    private BoundedZip() {
    }

    static ZipFile open(Path file) throws JarRefusal, IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            check(ZipEnd.of(channel));
        }
        return new ZipFile(file.toFile());
    }

    /** @throws JarRefusal where opening a zip with that end could take much memory, or it is no zip's end */
    private static void check(Optional<ZipEnd> found) throws JarRefusal {
        ZipEnd end = found.orElseThrow(() -> new JarRefusal("corrupt zip: its end is missing"));
        if (end.zip64()) {
            throw new JarRefusal("zip64: a driver's jar is not that large");
        }
        if (end.entries() > MOST_ENTRIES) {
            throw new JarRefusal("more than " + MOST_ENTRIES + " entries");
        }
        if (end.directorySize() > LARGEST_DIRECTORY) {
            throw new JarRefusal("its central directory has more than " + (LARGEST_DIRECTORY >> 20) + " MiB");
        }
    }
}
