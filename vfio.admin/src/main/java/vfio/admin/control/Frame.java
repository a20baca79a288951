// SPDX-License-Identifier: Apache-2.0
package vfio.admin.control;

import java.nio.ByteBuffer;

/**
 * A piece of an answer on the control socket. Big-endian on the wire: a byte of kind, the length of the content, the content.
 * An answer is any number of {@link #OUT} and {@link #ERR} frames in the order of the output, then one {@link #EXIT} frame.
 */
public final class Frame {
    /** The kind whose content goes to the client's standard output. */
    public static final byte OUT = 1;
    /** The kind whose content goes to the client's standard error. */
    public static final byte ERR = 2;
    /** The kind of the last frame, whose content is the exit code as an int. */
    public static final byte EXIT = 3;

    /** Bytes before the content. */
    public static final int HEAD = 1 + Integer.BYTES;

    /** Bytes of content beyond which a client takes the length for nonsense. */
    private static final int LARGEST = 1 << 24;

    private Frame() {
    }

    /** Returns a frame of output, ready to be sent. */
    public static ByteBuffer output(byte kind, byte[] bytes, int offset, int length) {
        return ByteBuffer.allocate(HEAD + length).put(kind).putInt(length).put(bytes, offset, length).flip();
    }

    /** Returns the last frame, ready to be sent. */
    public static ByteBuffer exit(int code) {
        return ByteBuffer.allocate(HEAD + Integer.BYTES).put(EXIT).putInt(Integer.BYTES).putInt(code).flip();
    }

    /** Returns whether a frame may have this head. */
    public static boolean isSound(int kind, int length) {
        return kind == EXIT ? length == Integer.BYTES : (kind == OUT || kind == ERR) && length >= 0 && length <= LARGEST;
    }
}
