// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;

class DriverStateTest {
    private static final byte[] BLOB = {0, -1, 127};
    private static final DriverState STATE =
            DriverState.of(2).with("writes", -5).with("name", "Größe").with("blob", BLOB);

    @Test
    void whatIsGivenComesBackInOrder() {
        DriverState read = DriverState.decoded(STATE.encoded());
        assertEquals(2, read.version());
        assertEquals(List.of("writes", "name", "blob"), new ArrayList<>(read.values().keySet()));
        assertEquals(-5, read.number("writes", 0));
        assertEquals("Größe", read.text("name", ""));
        assertArrayEquals(BLOB, read.bytes("blob", null));
    }

    @Test
    void aStateThatLastsSaysSo() {
        DriverState lasting = STATE.lasting().with("more", 1);
        DriverState read = DriverState.decoded(lasting.encoded());
        assertTrue(read.isLasting() && DriverState.isLasting(lasting.encoded()));
        assertEquals(List.of("writes", "name", "blob", "more"), new ArrayList<>(read.values().keySet()));
        assertFalse(DriverState.decoded(STATE.encoded()).isLasting() || DriverState.isLasting(STATE.encoded()));
    }

    @Test
    void noStateComesBackAsNone() {
        DriverState none = DriverState.decoded(DriverState.none().encoded());
        assertEquals(0, none.version());
        assertEquals(Map.of(), none.values());
    }

    @Test
    void aValueThatIsNotThereOrOfAnotherKindIsTheOtherwise() {
        assertEquals(7, STATE.number("reads", 7));
        assertEquals(7, STATE.number("name", 7));
        assertEquals("x", STATE.text("writes", "x"));
        assertArrayEquals(BLOB, STATE.bytes("writes", BLOB));
    }

    @Test
    void aStateDoesNotChange() {
        byte[] given = BLOB.clone();
        DriverState state = DriverState.of(1).with("blob", given);
        given[0] = 9;
        state.bytes("blob", null)[1] = 9;
        state.with("more", 1);
        assertArrayEquals(BLOB, state.bytes("blob", null));
        assertEquals(1, state.values().size());
        assertThrows(UnsupportedOperationException.class, () -> state.values().clear());
    }

    @Test
    void aNameIsGivenAnew() {
        assertEquals(2, DriverState.of(1).with("a", 1).with("a", 2).number("a", 0));
    }

    @Test
    void whatNoVersionOrNameCanBeIsRefused() {
        for (Runnable act : List.<Runnable>of(() -> DriverState.of(0), () -> DriverState.of(-1),
                () -> DriverState.none().with("a", 1), () -> STATE.with("", 1), () -> STATE.with("x".repeat(65), 1),
                () -> STATE.with("ä".repeat(33), 1), () -> STATE.with("\ud800", 1), () -> STATE.with("a", "\udc00"))) {
            assertThrows(IllegalArgumentException.class, act::run);
        }
        STATE.with("x".repeat(64), 1);
    }

    @Test
    void aStateThatIsTooLargeIsE2big() {
        byte[] most = new byte[DriverState.MOST_BYTES - 12 - 4 - 2 - 1 - 4];
        byte[] encoded = DriverState.of(1).with("b", most).encoded();
        assertEquals(DriverState.MOST_BYTES, encoded.length);
        assertEquals(most.length, DriverState.decoded(encoded).bytes("b", null).length);
        assertEquals(Errno.E2BIG, assertThrows(VfioException.class,
                () -> DriverState.of(1).with("b", new byte[most.length + 1]).encoded()).errno());
        assertEquals(Errno.E2BIG, assertThrows(VfioException.class,
                () -> DriverState.decoded(new byte[DriverState.MOST_BYTES + 1])).errno());
    }

    @Test
    void eachCutIsEinval() {
        byte[] whole = STATE.encoded();
        for (int length = 0; length < whole.length; length++) {
            refused(Arrays.copyOf(whole, length));
            if (length >= 16) {
                refused(summed(Arrays.copyOf(whole, length)));
            }
        }
    }

    /** Bytes whose checksum is right are read to the end: each answers a state or EINVAL, nothing else. */
    @Property
    void noBytesHarmTheReader(@ForAll @IntRange(min = 0, max = 60) int at, @ForAll byte[] other) {
        byte[] bytes = STATE.encoded();
        for (int i = 0; i < other.length && at + i < bytes.length; i++) {
            bytes[at + i] = other[i];
        }
        try {
            DriverState.decoded(summed(bytes)).encoded();
        } catch (VfioException e) {
            assertEquals(Errno.EINVAL, e.errno());
        }
    }

    @Property
    void everyStateComesBack(@ForAll @IntRange(min = 1) int version,
            @ForAll @Size(max = 9) Map<@StringLength(min = 1, max = 16) String, Long> numbers, @ForAll String text,
            @ForAll byte[] bytes) {
        DriverState state = DriverState.of(version).with("a text", text).with("some bytes", bytes);
        for (Map.Entry<String, Long> number : numbers.entrySet()) {
            state = state.with(number.getKey(), number.getValue());
        }
        DriverState read = DriverState.decoded(state.encoded());
        assertEquals(version, read.version());
        assertArrayEquals(state.encoded(), read.encoded());
    }

    /** A length, count, kind or version that says too much. */
    @Test
    void aNumberThatDoesNotFitTheRestIsEinval() {
        for (int at : new int[] {4, 8, 12, 13, 14 + 6, 14 + 6 + 3}) {
            for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
                byte[] bytes = STATE.encoded();
                if (bytes[at] != (byte) value) {
                    bytes[at] = (byte) value;
                    refused(bytes);
                }
            }
        }
        for (int version : new int[] {0, -1}) {
            refused(summed(ByteBuffer.wrap(STATE.encoded()).putInt(4, version).array()));
        }
        refused(summed(ByteBuffer.wrap(STATE.encoded()).putInt(8, 4).array()));
        refused(summed(ByteBuffer.wrap(STATE.encoded()).putInt(14 + 6, Integer.MAX_VALUE).array()));
    }

    private static byte[] summed(byte[] bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, bytes.length - Integer.BYTES);
        return ByteBuffer.wrap(bytes).putInt(bytes.length - Integer.BYTES, (int) sum.getValue()).array();
    }

    private static void refused(byte[] bytes) {
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> DriverState.decoded(bytes)).errno());
    }
}
