// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.util.Optional;

/**
 * The record at the end of a zip (APPNOTE 4.3.16) about its central directory, which every reader of the zip reads into
 * memory as a whole.
 *
 * @param entries the number of entries that it states
 * @param directorySize in bytes
 * @param directoryAt offset in the zip
 * @param zip64 whether other records in front of this one count instead of it
 */
record ZipEnd(int entries, long directorySize, long directoryAt, boolean zip64) {
    static final int SIGNATURE = 0x06054b50;
    static final int LENGTH = 22;
    private static final int LONGEST_COMMENT = 0xffff;
    private static final int LOCATOR64 = 0x07064b50;
    private static final int LOCATOR64_LENGTH = 20;
    private static final long UNSIGNED = 0xffffffffL;
    /** The most bytes at a zip's end that the record may take. */
    private static final int TAIL = LOCATOR64_LENGTH + LENGTH + LONGEST_COMMENT;

    /** Reads the record; empty where there is none, as in a file that is still being copied. */
    static Optional<ZipEnd> of(SeekableByteChannel channel) throws IOException {
        long size = channel.size();
        int length = (int) Math.min(size, TAIL);
        return of(read(channel, size - length, length), size);
    }

    /**
     * Finds the record.
     *
     * @param tail the last bytes of a zip of {@code size} bytes, {@link #TAIL} of them or all, little-endian
     */
    private static Optional<ZipEnd> of(ByteBuffer tail, long size) {
        int at = tail.limit() - LENGTH;
        while (at >= 0 && tail.getInt(at) != SIGNATURE) {
            at--;
        }
        // Only the last one, and only where its comment ends the file: of several, readers would choose differently.
        if (at < 0 || at + LENGTH + (tail.getShort(at + 20) & 0xffff) != tail.limit()) {
            return Optional.empty();
        }
        int locator = at - LOCATOR64_LENGTH;
        ZipEnd end = new ZipEnd(tail.getShort(at + 10) & 0xffff, tail.getInt(at + 12) & UNSIGNED,
                tail.getInt(at + 16) & UNSIGNED, locator >= 0 && tail.getInt(locator) == LOCATOR64);
        long endAt = size - tail.limit() + at;
        return end.zip64() || end.directoryAt() + end.directorySize() <= endAt ? Optional.of(end) : Optional.empty();
    }

    /** Reads bytes, little-endian; bytes past the end of the file are zeros. */
    static ByteBuffer read(SeekableByteChannel channel, long at, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        channel.position(at);
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
            // A file that shrinks meanwhile leaves zeros, which are no zip.
        }
        return buffer;
    }
}
