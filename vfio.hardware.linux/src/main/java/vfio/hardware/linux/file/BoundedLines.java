// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The lines of a file that may hold anything: bytes that are no UTF-8 are replaced, lines of more than 4096 bytes are passed
 * over, and no more than 64 MiB are read.
 */
public final class BoundedLines implements AutoCloseable {
    private static final int LONGEST = 4096;
    private static final long MOST = 64L << 20;

    private final InputStream in;
    private final int separator;
    private final byte[] buffer = new byte[8192];
    private final byte[] line = new byte[LONGEST];
    private int at;
    private int filled;
    /** Offset in the file of the byte that {@link #read} gives next. */
    private long offset;
    private long start;

    private BoundedLines(InputStream in, int separator, long offset) {
        this.in = in;
        this.separator = separator;
        this.offset = offset;
    }

    /**
     * Opens a file.
     *
     * @param separator ends each line but the last
     * @param offset in bytes, where the first line begins
     */
    public static BoundedLines of(Path file, char separator, long offset) throws IOException {
        SeekableByteChannel channel = Files.newByteChannel(file);
        try {
            return new BoundedLines(Channels.newInputStream(channel.position(offset)), separator, offset);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Returns the next line without its separator, or null at the end. */
    public String next() throws IOException {
        while (true) {
            start = offset;
            int length = 0;
            int b;
            while ((b = read()) >= 0 && b != separator) {
                if (length < LONGEST) {
                    line[length] = (byte) b;
                }
                length = Math.min(length, LONGEST) + 1;
            }
            if (b < 0 && length == 0) {
                return null;
            }
            if (length <= LONGEST) {
                return new String(line, 0, length, StandardCharsets.UTF_8);
            }
        }
    }

    /** Returns the offset in the file at which the latest line starts. */
    public long start() {
        return start;
    }

    private int read() throws IOException {
        if (at == filled) {
            filled = offset < MOST ? in.read(buffer) : -1;
            at = 0;
            if (filled <= 0) {
                filled = 0;
                return -1;
            }
        }
        offset++;
        return buffer[at++] & 0xff;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
