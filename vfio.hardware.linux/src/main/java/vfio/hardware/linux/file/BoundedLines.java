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
 * Lines of a file that may hold anything: what is no UTF-8 is replaced, lines too long to mean something are passed
 * over, and of an endless file only the beginning is read.
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
    /** Offset in the file of what {@link #read} gives next. */
    private long offset;
    private long start;

    private BoundedLines(InputStream in, int separator, long offset) {
        this.in = in;
        this.separator = separator;
        this.offset = offset;
    }

    /** The lines from a byte offset on, each ended by {@code separator} or the end of the file. */
    public static BoundedLines of(Path file, char separator, long offset) throws IOException {
        SeekableByteChannel channel = Files.newByteChannel(file);
        try {
            return new BoundedLines(Channels.newInputStream(channel.position(offset)), separator, offset);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** The next line without its separator, or null at the end. */
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

    /** Offset in the file at which the latest line starts. */
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
