// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** The completeness of a zip, told from its first and last bytes. */
enum ZipTail {
    COMPLETE, INCOMPLETE, NO_ZIP;

    private static final int LOCAL_HEADER = 0x04034b50;

    /** Looks at a file. */
    static ZipTail of(Path file) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            long size = channel.size();
            if (size < ZipEnd.LENGTH) {
                return size < 4 || begins(channel) ? INCOMPLETE : NO_ZIP;
            }
            if (!begins(channel)) {
                return NO_ZIP;
            }
            return ZipEnd.of(channel).isPresent() ? COMPLETE : INCOMPLETE;
        }
    }

    private static boolean begins(SeekableByteChannel channel) throws IOException {
        int first = ZipEnd.read(channel, 0, 4).getInt(0);
        // Space that a copying program has reserved reads as zeros.
        return first == LOCAL_HEADER || first == ZipEnd.SIGNATURE || first == 0;
    }
}
