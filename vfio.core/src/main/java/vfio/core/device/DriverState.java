// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The state of a device that one version of a driver hands over to the next: numbers, texts and byte strings by name, of a
 * version of the driver's own. The core passes the state on as bytes, so that no object of a driver reaches another version.
 * A state does not change: {@code with} returns another one.
 */
public final class DriverState {
    /** The bytes of the largest state, encoded. */
    public static final int MOST_BYTES = 16 << 20;

    private static final int MAGIC = 0x56445331; // "VDS1"
    private static final int HEADER = 3 * Integer.BYTES;
    /** The bit of the number of values that says that the state lasts. */
    private static final int LASTING = 1 << 31;
    private static final int LONGEST_NAME = 64;
    private static final DriverState NONE = new DriverState(0, Map.of(), false);

    private enum Kind { NUMBER, TEXT, BYTES }

    private final int version;
    /** Long, String or byte[] by name. */
    private final Map<String, Object> values;
    private final boolean lasting;

    private DriverState(int version, Map<String, Object> values, boolean lasting) {
        this.version = version;
        this.values = values;
        this.lasting = lasting;
    }

    /** Returns the state of a driver that keeps none: version 0, without values. */
    public static DriverState none() {
        return NONE;
    }

    /**
     * Returns a state without values.
     *
     * @param version the version of the state's meaning, 1 or more
     * @throws IllegalArgumentException for another version
     */
    public static DriverState of(int version) {
        if (version < 1) {
            throw new IllegalArgumentException("version " + version + " of a driver's state: versions begin at 1");
        }
        return new DriverState(version, Map.of(), false);
    }

    public int version() {
        return version;
    }

    /**
     * Marks the state as one that a driver can also go on from later, when the device has gone on since: settings, not
     * counters. Where the next version turns out to be broken, the version of before goes on from it.
     */
    public DriverState lasting() {
        return new DriverState(version, values, true);
    }

    /** Tells whether a driver can go on from the state when the device has gone on since. */
    public boolean isLasting() {
        return lasting;
    }

    /** Returns the values in the order in which they were given: Long, String or byte[] by name. */
    public Map<String, Object> values() {
        return Collections.unmodifiableMap(values);
    }

    public DriverState with(String name, long value) {
        return and(name, value);
    }

    /** @throws IllegalArgumentException for half a surrogate pair, which is no character */
    public DriverState with(String name, String value) {
        requireText(value);
        return and(name, value);
    }

    public DriverState with(String name, byte[] value) {
        return and(name, value.clone());
    }

    /** @throws IllegalArgumentException for a name without 1 to 64 bytes, and for a state without a version */
    private DriverState and(String name, Object value) {
        requireText(name);
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length < 1 || length > LONGEST_NAME) {
            throw new IllegalArgumentException("'" + name + "' in a driver's state: a name has 1 to 64 bytes");
        }
        if (version == 0) {
            throw new IllegalArgumentException("'" + name + "' in a driver's state: begin with DriverState.of(version)");
        }
        Map<String, Object> more = new LinkedHashMap<>(values);
        more.put(name, value);
        return new DriverState(version, more, lasting);
    }

    private static void requireText(String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException("a driver's state has a text with half a surrogate pair");
        }
    }

    /** Returns a number; {@code otherwise} where the state has none of this name. */
    public long number(String name, long otherwise) {
        return values.get(name) instanceof Long number ? number : otherwise;
    }

    /** Returns a text; {@code otherwise} where the state has none of this name. */
    public String text(String name, String otherwise) {
        return values.get(name) instanceof String text ? text : otherwise;
    }

    /** Returns a copy of a byte string; {@code otherwise} where the state has none of this name. */
    public byte[] bytes(String name, byte[] otherwise) {
        return values.get(name) instanceof byte[] bytes ? bytes.clone() : otherwise;
    }

    /**
     * Returns the state as bytes: a head, each value with kind, name and length, and a checksum.
     *
     * @throws VfioException E2BIG for more than {@link #MOST_BYTES}
     */
    public byte[] encoded() {
        long size = HEADER + Integer.BYTES;
        Map<String, byte[]> bodies = new LinkedHashMap<>();
        for (Map.Entry<String, Object> value : values.entrySet()) {
            byte[] body = body(value.getValue());
            bodies.put(value.getKey(), body);
            size += 2 * Byte.BYTES + value.getKey().getBytes(StandardCharsets.UTF_8).length + Integer.BYTES + body.length;
        }
        if (size > MOST_BYTES) {
            throw new VfioException(Errno.E2BIG, "hand over a driver's state of " + size + " bytes: it may have "
                    + MOST_BYTES);
        }
        ByteBuffer buffer = ByteBuffer.allocate((int) size).putInt(MAGIC).putInt(version)
                .putInt(values.size() | (lasting ? LASTING : 0));
        bodies.forEach((name, body) -> {
            byte[] text = name.getBytes(StandardCharsets.UTF_8);
            buffer.put((byte) kind(values.get(name)).ordinal()).put((byte) text.length).put(text);
            buffer.putInt(body.length).put(body);
        });
        return buffer.putInt(sum(buffer.array())).array();
    }

    private static Kind kind(Object value) {
        return value instanceof Long ? Kind.NUMBER : value instanceof String ? Kind.TEXT : Kind.BYTES;
    }

    private static byte[] body(Object value) {
        return switch (kind(value)) {
            case NUMBER -> ByteBuffer.allocate(Long.BYTES).putLong((Long) value).array();
            case TEXT -> ((String) value).getBytes(StandardCharsets.UTF_8);
            case BYTES -> (byte[]) value;
        };
    }

    /** Returns the checksum of everything but the last four bytes. */
    private static int sum(byte[] state) {
        CRC32C sum = new CRC32C();
        sum.update(state, 0, state.length - Integer.BYTES);
        return (int) sum.getValue();
    }

    /**
     * Returns the state of these bytes.
     *
     * @throws VfioException EINVAL for bytes that {@link #encoded} does not make; E2BIG for more than {@link #MOST_BYTES}
     */
    public static DriverState decoded(byte[] state) {
        if (state.length > MOST_BYTES) {
            throw new VfioException(Errno.E2BIG, "take over a driver's state of " + state.length + " bytes: it may have "
                    + MOST_BYTES);
        }
        require(state.length >= HEADER + Integer.BYTES, "is cut off");
        ByteBuffer buffer = ByteBuffer.wrap(state).limit(state.length - Integer.BYTES);
        require(buffer.getInt() == MAGIC, "begins with something else");
        require(ByteBuffer.wrap(state).getInt(buffer.limit()) == sum(state), "does not have its checksum");
        int version = buffer.getInt();
        int flagged = buffer.getInt();
        int count = flagged & ~LASTING;
        Map<String, Object> values = new LinkedHashMap<>();
        while (buffer.hasRemaining()) {
            require(buffer.remaining() >= 2 * Byte.BYTES, "is cut off");
            int kind = buffer.get();
            require(kind >= 0 && kind < Kind.values().length, "has a value of kind " + kind);
            byte[] name = next(buffer, buffer.get());
            require(buffer.remaining() >= Integer.BYTES, "is cut off");
            Object value = value(Kind.values()[kind], next(buffer, buffer.getInt()));
            require(name.length >= 1 && name.length <= LONGEST_NAME, "has a name of " + name.length + " bytes");
            require(values.put(text(name), value) == null, "has a name twice");
        }
        require(values.size() == count, "has " + values.size() + " values and says " + count);
        require(version > 0 || version == 0 && count == 0, "has version " + version);
        return new DriverState(version, values, flagged != count);
    }

    /** Tells whether the state of these bytes, which {@link #encoded} has made, lasts. */
    static boolean isLasting(byte[] encoded) {
        return ByteBuffer.wrap(encoded).getInt(2 * Integer.BYTES) < 0;
    }

    private static byte[] next(ByteBuffer buffer, int length) {
        require(length >= 0 && length <= buffer.remaining(), "is cut off");
        byte[] bytes = new byte[length];
        buffer.get(bytes);
        return bytes;
    }

    private static Object value(Kind kind, byte[] body) {
        return switch (kind) {
            case NUMBER -> {
                require(body.length == Long.BYTES, "has a number of " + body.length + " bytes");
                yield ByteBuffer.wrap(body).getLong();
            }
            case TEXT -> text(body);
            case BYTES -> body;
        };
    }

    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw refused("has a text that is no UTF-8");
        }
    }

    private static void require(boolean fulfilled, String why) {
        if (!fulfilled) {
            throw refused(why);
        }
    }

    private static VfioException refused(String why) {
        return new VfioException(Errno.EINVAL, "take over a driver's state: it " + why);
    }
}
