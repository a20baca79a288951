// SPDX-License-Identifier: Apache-2.0
package vfio.admin.control;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The request of a client, one for each connection: a command line, and how the client's terminal is. Big-endian on the wire:
 * magic, version, width, a byte of flags, the number of arguments, then the length and the UTF-8 bytes of each argument.
 *
 * @param width columns of the terminal, 0 where unknown
 * @param terminal whether a terminal shows the output
 * @param args the command line without the program's name
 */
public record Request(int width, boolean terminal, List<String> args) {
    /** The first four bytes: "vfio". */
    public static final int MAGIC = 0x7666696f;
    /** The version of the protocol: of requests and of {@linkplain Frame frames}. */
    public static final int VERSION = 1;
    /** Bytes of the longest request. */
    public static final int MOST_BYTES = 64 * 1024;
    public static final int MOST_ARGS = 256;
    /** Columns of the widest terminal. */
    public static final int WIDEST = 10_000;

    /** The flag of a terminal. */
    private static final int TERMINAL = 1;

    /** The refusal of bytes that are no request of the {@code vfio} command. */
    public static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        private Malformed(String sentence) {
            super(sentence);
        }
    }

    /** Returns the bytes on the wire. */
    public byte[] bytes() {
        List<byte[]> texts = new ArrayList<>();
        int length = 4 * Integer.BYTES + 1;
        for (String arg : args) {
            byte[] text = arg.getBytes(StandardCharsets.UTF_8);
            texts.add(text);
            length += Integer.BYTES + text.length;
        }
        ByteBuffer out = ByteBuffer.allocate(length).putInt(MAGIC).putInt(VERSION).putInt(width)
                .put((byte) (terminal ? TERMINAL : 0)).putInt(args.size());
        for (byte[] text : texts) {
            out.putInt(text.length).put(text);
        }
        return out.array();
    }

    /**
     * Reads a request from the bytes that have arrived so far, which {@code bytes} has from its position to its limit.
     *
     * @return empty where more bytes must come
     * @throws Malformed as soon as no further bytes could make it a request
     */
    public static Optional<Request> read(ByteBuffer bytes) throws Malformed {
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
