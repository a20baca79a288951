// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a file could be a whole zip, told from its first and last bytes (APPNOTE 4.3.16, end of central directory). */
enum ZipTail {
    COMPLETE, INCOMPLETE, NO_ZIP;

    private static final int LOCAL_HEADER = 0x04034b50;
    private static final int END = 0x06054b50;
    private static final int END_LENGTH = 22;
    private static final int LONGEST_COMMENT = 0xffff;
    private static final long ZIP64 = 0xffffffffL;

    static ZipTail of(Path file) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            long size = channel.size();
            if (size < END_LENGTH) {
                return size < 4 || begins(channel) ? INCOMPLETE : NO_ZIP;
            }
            if (!begins(channel)) {
                return NO_ZIP;
            }
            return ends(channel, size) ? COMPLETE : INCOMPLETE;
        }
    }

    private static boolean begins(SeekableByteChannel channel) throws IOException {
        int first = read(channel, 0, 4).getInt(0);
        // Space that a copying program has reserved reads as zeros.
        return first == LOCAL_HEADER || first == END || first == 0;
    }

    private static boolean ends(SeekableByteChannel channel, long size) throws IOException {
        int length = (int) Math.min(size, END_LENGTH + LONGEST_COMMENT);
        ByteBuffer tail = read(channel, size - length, length);
        for (int at = length - END_LENGTH; at >= 0; at--) {
            if (tail.getInt(at) == END && at + END_LENGTH + (tail.getShort(at + 20) & 0xffff) == length) {
                long directorySize = tail.getInt(at + 12) & ZIP64;
                long directoryAt = tail.getInt(at + 16) & ZIP64;
                return directoryAt == ZIP64 || directoryAt + directorySize <= size - length + at;
            }
        }
        return false;
    }

    private static ByteBuffer read(SeekableByteChannel channel, long at, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        channel.position(at);
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
            // A file that shrinks meanwhile leaves zeros, which are no zip.
        }
        return buffer;
    }
}
