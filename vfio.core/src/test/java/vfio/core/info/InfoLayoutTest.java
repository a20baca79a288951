// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;

class InfoLayoutTest {
    private static final DeviceInfo PLAIN = new DeviceInfo(DeviceInfo.PCI | DeviceInfo.RESET, 9, 5, List.of());
    private static final InfoCapability FIVE = new InfoCapability(0x1234, 1, new byte[] {1, 2, 3, 4, 5});
    private static final InfoCapability EMPTY = new InfoCapability(3, 2);
    private static final DeviceInfo CHAINED = new DeviceInfo(DeviceInfo.PCI, 10, 5, List.of(FIVE, EMPTY));

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    private static byte[] array(ByteBuffer bytes) {
        byte[] array = new byte[bytes.remaining()];
        bytes.duplicate().get(array);
        return array;
    }

    @Test
    @Tag("C2-7")
    void deviceWithoutCapabilities() {
        ByteBuffer bytes = PLAIN.encode(24);
        assertArrayEquals(new byte[] {24, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                array(bytes));
    }

    @Test
    @Tag("C2-8")
    @Tag("C2-10")
    @Tag("C2-11")
    @Tag("C2-12")
    void capabilitiesFollowTheStruct() {
        byte[] bytes = array(CHAINED.encode(48));
        assertArrayEquals(new byte[] {48, 0, 0, 0, (byte) 130, 0, 0, 0, 10, 0, 0, 0, 5, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0,
            0x34, 0x12, 1, 0, 40, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0}, bytes);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 17, 20, 24, 47})
    @Tag("C2-13")
    void argszTooSmallForCapabilitiesLearnsWhatIsNeeded(int argsz) {
        ByteBuffer bytes = CHAINED.encode(argsz);
        assertEquals(Math.min(argsz, 24), bytes.remaining());
        assertEquals(48, bytes.getInt(0));
        assertEquals(DeviceInfo.PCI | DeviceInfo.CAPS, bytes.getInt(4));
        for (int i = 16; i < bytes.remaining(); i++) {
            assertEquals(0, bytes.get(i), "no cap_offset");
        }
        assertEquals(48, InfoCapability.needed(bytes));
        assertEquals(Errno.EMSGSIZE, errno(() -> DeviceInfo.decode(bytes)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15})
    @Tag("C2-14")
    void argszBelowTheDeviceInfoIsInvalid(int argsz) {
        assertEquals(Errno.EINVAL, errno(() -> PLAIN.encode(argsz)));
        assertEquals(Errno.EINVAL, errno(() -> CHAINED.encode(argsz)));
    }

    @ParameterizedTest
    @ValueSource(ints = {25, 4096, Integer.MAX_VALUE, -1})
    @Tag("C2-15")
    void bytesBehindTheKnownOnesAreNotWritten(int argsz) {
        ByteBuffer bytes = PLAIN.encode(argsz);
        assertEquals(24, bytes.remaining());
        assertEquals(argsz, bytes.getInt(0), "argsz is left as it was");
    }

    @Test
    @Tag("C3-21")
    @Tag("C3-22")
    void regionIsItsStruct() {
        RegionInfo info = new RegionInfo(7, RegionInfo.READ, 0x1000, 7L << 40, List.of(EMPTY));
        ByteBuffer bytes = info.encode(40);
        assertArrayEquals(new byte[] {40, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 32, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 7, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0}, array(bytes));
        ByteBuffer small = info.encode(39);
        assertEquals(32, small.remaining());
        assertEquals(List.of(40, 9, 0), List.of(small.getInt(0), small.getInt(4), small.getInt(12)));
        assertEquals(Errno.EINVAL, errno(() -> info.encode(31)));
    }

    @Test
    @Tag("C5-19")
    void irqIsItsStruct() {
        IrqInfo info = new IrqInfo(2, IrqInfo.EVENTFD, 64);
        assertArrayEquals(new byte[] {16, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 64, 0, 0, 0}, array(info.encode(16)));
        assertEquals(info, IrqInfo.decode(info.encode(99).putInt(0, 16)));
        assertEquals(Errno.EINVAL, errno(() -> info.encode(15)));
    }

    @Property
    void whatIsWrittenIsRead(@ForAll byte[] payload, @ForAll @IntRange(max = 65535) int id,
            @ForAll @IntRange(min = 0) int size) {
        List<InfoCapability> capabilities =
                List.of(new InfoCapability(id, 7, payload), EMPTY, new InfoCapability(2, 1, payload));
        RegionInfo region = new RegionInfo(3, RegionInfo.WRITE, size, 3L << 40, capabilities);
        RegionInfo read = RegionInfo.decode(region.encode(1 << 20).putInt(0, needed(region)));
        assertEquals(List.of(region.index(), region.flags(), region.size(), region.offset()),
                List.of(read.index(), read.flags(), read.size(), read.offset()));
        assertEquals(3, read.capabilities().size());
        for (int i = 0; i < 3; i++) {
            InfoCapability one = read.capabilities().get(i);
            assertEquals(capabilities.get(i).id(), one.id());
            assertEquals(capabilities.get(i).version(), one.version());
            int length = capabilities.get(i).payload().remaining();
            assertEquals(length + 7 & ~7, one.payload().remaining(), "with its padding");
            assertEquals(capabilities.get(i).payload(), one.payload().limit(length));
        }
    }

    private static int needed(RegionInfo info) {
        return info.encode(32).getInt(0);
    }

    @Test
    void capabilitiesMayLieInAnyOrder() {
        ByteBuffer bytes = CHAINED.encode(48);
        bytes.putInt(16, 40).putInt(28, 0).putInt(44, 24);
        List<InfoCapability> read = DeviceInfo.decode(bytes).capabilities();
        assertEquals(List.of(3, 0x1234), read.stream().map(InfoCapability::id).toList());
        assertEquals(List.of(0, 8), read.stream().map(one -> one.payload().remaining()).toList());
    }

    /** Where in a sound device info of 48 bytes what is put. */
    @ParameterizedTest
    @CsvSource({"16, 0", "16, 4", "16, 19", "16, 41", "16, 48", "16, -1", "16, -8", "16, 2147483647",
        "28, 24", "28, 25", "28, 31", "28, 41", "28, 16", "28, 1", "28, -1", "44, 40", "44, 24", "44, 33", "44, 32767",
        "0, 15", "0, 0", "0, 47", "8, -1", "12, -2147483648"})
    void brokenDeviceInfoIsRefused(int at, int value) {
        ByteBuffer bytes = CHAINED.encode(48).putInt(at, value);
        assertEquals(Errno.EIO, errno(() -> DeviceInfo.decode(bytes)));
    }

    @Test
    void cutBytesAreRefused() {
        ByteBuffer whole = CHAINED.encode(48);
        for (int length = 0; length < 48; length++) {
            ByteBuffer cut = whole.duplicate().limit(length);
            Errno errno = errno(() -> DeviceInfo.decode(cut));
            assertTrue(errno == Errno.EIO || errno == Errno.EMSGSIZE, errno::name);
        }
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "0, -1", "9223372036854775807, 1", "1, 9223372036854775807"})
    void regionBeyondAFileIsRefused(long size, long offset) {
        ByteBuffer bytes = new RegionInfo(0, 0, 0, 0, List.of()).encode(32);
        bytes.putLong(16, size).putLong(24, offset);
        assertEquals(Errno.EIO, errno(() -> RegionInfo.decode(bytes)));
    }

    @Test
    void countsOfMoreThanAnIntAreRefused() {
        ByteBuffer bytes = new IrqInfo(0, 0, 0).encode(16).putInt(12, -1);
        assertEquals(Errno.EIO, errno(() -> IrqInfo.decode(bytes)));
    }

    @Property
    void anythingIsReadOrRefused(@ForAll byte[] anything, @ForAll @IntRange(max = 64) int offset) {
        ByteBuffer bytes = ByteBuffer.wrap(anything).order(ByteOrder.LITTLE_ENDIAN);
        if (anything.length >= 32) {
            bytes.putInt(0, anything.length).putInt(4, 0xff).putInt(8, 1).putInt(12, offset).putInt(16, offset);
        }
        for (Runnable read : List.<Runnable>of(() -> DeviceInfo.decode(bytes), () -> RegionInfo.decode(bytes),
                () -> IrqInfo.decode(bytes))) {
            try {
                read.run();
            } catch (VfioException e) {
                assertTrue(e.errno() == Errno.EIO || e.errno() == Errno.EMSGSIZE, e::toString);
            }
        }
    }
}
