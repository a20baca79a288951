// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IrqSetTest {
    private static final EventCounter SEVEN = new EventCounter();
    private static final Map<Integer, EventSignal> FILES = Map.of(7, SEVEN);

    /** argsz, flags, index, start, count, data. */
    private static ByteBuffer bytes(int argsz, int flags, int index, int start, int count, int... data) {
        ByteBuffer bytes = ByteBuffer.allocate(20 + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(argsz).putInt(flags).putInt(index).putInt(start).putInt(count);
        Arrays.stream(data).forEach(each -> bytes.put((byte) each));
        return bytes.flip();
    }

    private static IrqRequest decode(ByteBuffer bytes) {
        return IrqRequest.decode(bytes, FILES::get);
    }

    @Test
    @Tag("C6-12")
    @Tag("C6-13")
    void flagsAreThoseOfTheHeader() {
        assertEquals(List.of(1, 2, 4), List.of(IrqRequest.DATA_NONE, IrqRequest.DATA_BOOL, IrqRequest.DATA_EVENTFD));
        assertEquals(List.of(8, 16, 32),
                List.of(IrqRequest.ACTION_MASK, IrqRequest.ACTION_UNMASK, IrqRequest.ACTION_TRIGGER));
    }

    @Test
    void headerIsRead() {
        IrqRequest request = decode(bytes(20, 0x21, 2, 3, 4));
        assertEquals(IrqRequest.ACTION_TRIGGER | IrqRequest.DATA_NONE, request.flags());
        assertEquals(List.of(2, 3, 4), List.of(request.index(), request.start(), request.count()));
    }

    @Test
    @Tag("C6-11")
    void boolsAreBytesAndMoreIsNotRead() {
        IrqRequest request = decode(bytes(25, 0x22, 1, 0, 3, 0, 1, 0xff, 1, 1));
        assertFalse(request.value(0));
        assertTrue(request.value(1));
        assertTrue(request.value(2), "anything but 0");
        assertEquals(3, request.values());
    }

    @Test
    void filesBecomeTheirSignals() {
        IrqRequest request = decode(bytes(36, 0x24, 1, 0, 4,
                7, 0, 0, 0, 255, 255, 255, 255, 254, 255, 255, 255, 8, 0, 0, 0));
        assertSame(SEVEN, request.signal(0));
        assertNull(request.signal(1));
        assertFalse(request.negative(1));
        assertNull(request.signal(2));
        assertTrue(request.negative(2));
        assertFalse(request.signal(3).usable(), "a file that is not open");
        assertEquals(Arrays.asList(SEVEN, null, null, request.signal(3)), request.signals());
    }

    @ParameterizedTest
    @CsvSource({"19", "0"})
    @Tag("C6-1")
    void argszBelowTheHeaderIsInvalid(int argsz) {
        assertEquals(Errno.EINVAL, errno(bytes(argsz, 0x21, 0, 0, 0)));
    }

    @Test
    @Tag("C6-9")
    void fewerBytesThanBoolsIsInvalid() {
        assertEquals(Errno.EINVAL, errno(bytes(22, 0x22, 0, 0, 3, 1, 1, 1)), "argsz counts");
        assertEquals(Errno.EINVAL, errno(bytes(23, 0x22, 0, 0, 3, 1, 1)), "and so do the bytes");
        assertEquals(Errno.EINVAL, errno(bytes(-1, 0x22, 0, 0, -1, 1, 1)));
    }

    @Test
    @Tag("C6-10")
    void fewerBytesThanFilesIsInvalid() {
        assertEquals(Errno.EINVAL, errno(bytes(23, 0x24, 0, 0, 1, 7, 0, 0, 0)));
        assertEquals(Errno.EINVAL, errno(bytes(24, 0x24, 0, 0, 0x40000001, 7, 0, 0, 0)), "4 x count does not wrap");
        assertEquals(Errno.EINVAL, errno(bytes(-1, 0x24, 0, 0, -1, 7, 0, 0, 0)));
    }

    @Test
    void headerThatIsCutIsInvalid() {
        for (int length = 0; length < 20; length++) {
            ByteBuffer cut = bytes(20, 0x21, 0, 0, 0).limit(length);
            assertEquals(Errno.EINVAL, errno(cut));
        }
    }

    private static Errno errno(ByteBuffer bytes) {
        return assertThrows(VfioException.class, () -> decode(bytes)).errno();
    }

    @Property
    void anythingIsARequestOrInvalid(@ForAll byte[] anything, @ForAll int flags) {
        ByteBuffer bytes = ByteBuffer.wrap(anything).order(ByteOrder.LITTLE_ENDIAN);
        if (anything.length >= 20) {
            bytes.putInt(0, anything.length).putInt(4, flags & 7 | 32).putInt(16, bytes.getInt(16) & 15);
        }
        try {
            IrqRequest request = decode(bytes);
            assertEquals(bytes.getInt(8), request.index());
        } catch (VfioException e) {
            assertEquals(Errno.EINVAL, e.errno());
        }
        assertEquals(0, bytes.position());
    }

    @Property
    void whatIsWrittenIsRead(@ForAll boolean[] values, @ForAll int index, @ForAll int start) {
        EventSignal[] signals = new EventSignal[values.length];
        for (int i = 0; i < values.length; i++) {
            signals[i] = values[i] ? SEVEN : null;
        }
        int trigger = IrqRequest.ACTION_TRIGGER;
        IrqRequest bools = decode(IrqSet.encode(IrqRequest.of(trigger | IrqRequest.DATA_BOOL, index, start, values.length,
                values, new EventSignal[0]), file -> 0));
        IrqRequest files = decode(IrqRequest.trigger(index, start, signals).encode(signal -> 7));
        for (int i = 0; i < values.length; i++) {
            assertEquals(values[i], bools.value(i));
            assertSame(signals[i], files.signal(i));
        }
        assertEquals(List.of(index, start, values.length), List.of(files.index(), files.start(), files.count()));
        assertEquals(List.of(index, start, values.length), List.of(bools.index(), bools.start(), bools.count()));
    }

    @Test
    void requestThatCarriesLessThanItCountsIsNotWritten() {
        IrqRequest short1 = IrqRequest.of(0x22, 0, 0, 2, new boolean[1], new EventSignal[2]);
        IrqRequest short2 = IrqRequest.of(0x24, 0, 0, -1, new boolean[1], new EventSignal[2]);
        IrqRequest none = IrqRequest.of(0x21, 0, 0, -1, new boolean[0], new EventSignal[0]);
        assertThrows(VfioException.class, () -> short1.encode(file -> 0));
        assertThrows(VfioException.class, () -> short2.encode(file -> 0));
        assertEquals(20, none.encode(file -> 0).remaining());
    }
}
