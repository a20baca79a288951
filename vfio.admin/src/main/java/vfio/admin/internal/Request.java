// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a client asks, once per connection: a command line and what its terminal is like. Big-endian on the wire: magic,
 * version, width, a byte of flags, the number of arguments, then each argument's length and UTF-8 bytes.
 */
record Request(int width, boolean terminal, List<String> args) {
    static final int MAGIC = 0x7666696f;
    static final int VERSION = 1;
    static final int MOST_BYTES = 64 * 1024;
    static final int MOST_ARGS = 256;

    private static final int TERMINAL = 1;
    private static final int WIDEST = 10_000;

    /** A request that no client of ours sends. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String sentence) {
            super(sentence);
        }
    }

    /**
     * Reads what has arrived so far, from the start of {@code bytes} to its limit.
     *
     * @return empty where more must come
     * @throws Malformed as soon as nothing that could follow would make it a request
     */
    static Optional<Request> read(ByteBuffer bytes) throws Malformed {
        ByteBuffer in = bytes.duplicate();
        try {
            check(in.getInt() == MAGIC, "this is no request of the vfio command");
            int version = in.getInt();
            check(version == VERSION, "the daemon speaks version " + VERSION + " of the protocol, not " + version
                    + "; use the vfio command of the daemon's own build");
            int width = in.getInt();
            check(width >= 0, "a terminal cannot have " + width + " columns");
            int flags = in.get();
            int count = in.getInt();
            check(count >= 0 && count <= MOST_ARGS, count + " arguments; the most is " + MOST_ARGS);
            List<String> args = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                args.add(argument(in));
            }
            return Optional.of(new Request(Math.min(width, WIDEST), (flags & TERMINAL) != 0, List.copyOf(args)));
        } catch (BufferUnderflowException e) {
            check(bytes.limit() < MOST_BYTES, "more than " + MOST_BYTES + " bytes");
            return Optional.empty();
        }
    }

    private static String argument(ByteBuffer in) throws Malformed {
        int length = in.getInt();
        check(length >= 0 && length <= MOST_BYTES - in.position(), "an argument of " + Integer.toUnsignedString(length)
                + " bytes; the whole request may have " + MOST_BYTES);
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer text = in.slice(in.position(), length);
        in.position(in.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
        } catch (CharacterCodingException e) {
            throw new Malformed("an argument that is no UTF-8");
        }
    }

    private static void check(boolean sound, String sentence) throws Malformed {
        if (!sound) {
            throw new Malformed(sentence);
        }
    }
}
