// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.ZipFile;

/** Opens zips whose end tells of a bounded central directory, since opening reads all of the directory into memory. */
final class BoundedZip {
    static final int MOST_ENTRIES = 20_000;
    /** In bytes: room for {@link #MOST_ENTRIES} of 400 bytes each. */
    static final long LARGEST_DIRECTORY = 8L << 20;

    private BoundedZip() {
    }

    /**
     * Opens a zip.
     *
     * @throws JarRefusal where opening the zip could take much memory, or it has no end
     */
    static ZipFile open(Path file) throws JarRefusal, IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            check(ZipEnd.of(channel));
        }
        return new ZipFile(file.toFile());
    }

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
