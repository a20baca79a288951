// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.pci.core.fake.HardwareImage.body;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.pci.core.fake.HardwareImage;

class StandardCapabilitiesTest {
    private final HardwareImage hardware = new HardwareImage(256);
    private final Enabled function = new Enabled();

    private VirtualConfig config() {
        return new VirtualConfig(hardware, new FunctionFacts(0x15b3, 0x101e, false, true, List.of(), 0), function);
    }

    /** How many bytes from {@code at} on ignore the user's writes though the hardware would take them. */
    private int protectedBytes(VirtualConfig config, int at) {
        for (int i = at; i < 256; i++) {
            int before = hardware.get(i, 1);
            config.write(i, 1, ~before & 0xff);
            if (hardware.get(i, 1) != before) {
                return i - at;
            }
        }
        return 256 - at;
    }

    /** Id, bytes behind id and next as offset (from there) and value, and the length that the kernel gives it. */
    @ParameterizedTest
    @CsvSource({"2,0,0,12", "7,0,0,8", "7,0,0x1000,24", "7,0,0x2000,24", "8,1,0x00,28", "8,1,0x20,24", "8,1,0xe0,24",
            "17,0,0,12", "18,2,0,8", "18,2,0x0f,16", "18,2,0x04,8"})
    void lengthFollowsFromWhatTheCapabilityHolds(int id, int offset, String value, int length) {
        int at = hardware.standard(id, body(32, offset, Integer.decode(value)));
        hardware.rw(at, 256 - at, 0);
        Arrays.fill(hardware.writable, at, 256, (byte) 0xff);
        VirtualConfig config = config();
        if (id == 7) { // its command word is the user's
            assertEquals(2, protectedBytes(config, at));
            assertEquals(4, protectedBytes(config, at + 4), "status");
        } else {
            assertEquals(length, protectedBytes(config, at));
        }
    }

    @Test
    void pciXCommandAndEccControlAreTheUsers() {
        int at = hardware.standard(0x07, body(22, 0, 0x1000));
        Arrays.fill(hardware.writable, at, at + 24, (byte) 0xff);
        VirtualConfig config = config();
        config.write(at + 2, 2, 0x1abc);
        config.write(at + 4, 4, -1);
        config.write(at + 8, 4, 0x01020304);
        config.write(at + 12, 4, -1);
        assertEquals(0x1abc, hardware.get(at + 2, 2));
        assertEquals(0, hardware.get(at + 4, 4));
        assertEquals(0x01020304, hardware.get(at + 8, 4));
        assertEquals(0, hardware.get(at + 12, 4));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x04, 0x06, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x14, 0x15, 0x40, 0xff})
    void capabilitiesWithoutALengthAreUnlinkedAndTheirBytesStayRaw(int id) {
        int first = hardware.standard(0x11, body(10));
        int hidden = hardware.standard(id, body(6, 0, 0x1234));
        int last = hardware.standard(0x02, body(10));
        VirtualConfig config = config();
        assertEquals(last, config.read(first + 1, 1));
        assertEquals(first, config.read(0x34, 1));
        assertEquals(OptionalInt.empty(), config.capability(id));
        assertEquals(0x1234, config.read(hidden + 2, 2));
    }

    @Test
    void firstHiddenCapabilityIsUnlinkedFromThePointer() {
        hardware.standard(0x0d, body(6));
        int next = hardware.standard(0x11, body(10));
        assertEquals(next, config().read(0x34, 1));
    }

    @Test
    void powerManagementHidesPmeAndChangesStateThroughTheCore() {
        int at = hardware.standard(0x01, body(6, 0, 0xfe03, 2, 0x8108));
        hardware.rw(at + 4, 2, 0x1f03);
        VirtualConfig config = config();
        assertEquals(0x0603, config.read(at + 2, 2));
        assertEquals(0x0008, config.read(at + 4, 2) & 0x8108);
        config.write(at + 4, 2, 0x8103);
        assertEquals(List.of("lock", "zap", "D3", "unlock"), function.taken());
        assertEquals(0, hardware.get(at + 4, 2) & 3);
        config.write(at + 4, 4, 0x1a00);
        assertEquals(List.of("lock", "D0", "unlock"), function.taken());
        assertEquals(0x1a00, hardware.get(at + 4, 2) & 0x1e00);
        config.write(at + 5, 1, 0);
        assertEquals(List.of(), function.taken(), "the state is in the lower byte");
        config.write(at + 4, 1, 2);
        assertEquals(List.of("lock", "D2", "unlock"), function.taken());
    }

    @Test
    void vpdMovesFourBytesWhenTheUpperAddressByteIsWritten() {
        int at = hardware.standard(0x03, body(6));
        hardware.rw(at + 2, 2, 0xffff).rw(at + 4, 4, -1);
        VirtualConfig config = config();
        config.write(at + 2, 1, 8);
        assertEquals(List.of(), hardware.writes);
        config.write(at + 2, 2, 0x0008);
        assertEquals(0x8008, config.read(at + 2, 2));
        assertEquals(0x44332211, config.read(at + 4, 4));
        hardware.writes.clear();
        config.write(at + 4, 4, 0xcafebabe);
        assertEquals(List.of(), hardware.writes);
        config.write(at + 2, 2, 0x8010);
        assertEquals(List.of("%x+4=cafebabe".formatted(at + 4), "%x+2=8010".formatted(at + 2)), hardware.writes);
        assertEquals(0x0010, config.read(at + 2, 2));
    }

    @Test
    void vpdThatDoesNotAnswerLeavesTheFlag() {
        int at = hardware.standard(0x03, body(6));
        hardware.rw(at + 2, 2, 0xffff);
        hardware.vpdAnswers = false;
        VirtualConfig config = config();
        config.write(at + 2, 2, 4);
        assertEquals(4, config.read(at + 2, 2));
    }

    /** Flags, length; data is at 8, or 12 with 64-bit addresses. */
    @ParameterizedTest
    @CsvSource({"0x0000,10", "0x0080,14", "0x0100,20", "0x0180,24"})
    void msiIsTheUsersButItsMaskAndPendingBits(String flags, int length) {
        int value = Integer.decode(flags) | 5 << 1;
        int at = hardware.standard(0x05, body(22, 0, value));
        Arrays.fill(hardware.writable, at + 2, 256, (byte) 0xff);
        boolean wide = (value & 0x80) != 0;
        VirtualConfig config = config();
        hardware.writes.clear();
        config.write(at + 4, 4, 0xfee00000);
        config.write(at + 8, 4, 0x4021);
        if (wide) {
            config.write(at + 12, 2, 0x77);
        }
        assertEquals(List.of(), hardware.writes.stream().filter(w -> !w.startsWith("%x+".formatted(at + 10))).toList());
        assertEquals(0xfee00000, config.read(at + 4, 4));
        assertEquals(0x21, config.read(at + 8, 1));
        if ((value & 0x100) != 0) {
            int mask = at + (wide ? 16 : 12);
            config.write(mask, 4, 0x55);
            assertEquals(0x55, hardware.get(mask, 4));
            config.write(mask + 4, 4, 0x66);
            assertEquals(0x66, hardware.get(mask + 4, 4));
        }
        assertEquals(value >> 8, config.read(at + 3, 1), "the upper byte of the flags is the hardware's");
        config.write(at + length, 1, 0x5a);
        assertEquals(0x5a, hardware.get(at + length, 1), "what follows is not of the capability");
    }

    @Test
    void msiIsEnabledWhileItIsInUseAlone() {
        int at = hardware.standard(0x05, body(8, 0, 0x008a));
        hardware.rw(at + 2, 1, 0x71);
        function.qmax = 2;
        VirtualConfig config = config();
        assertEquals(0x84, config.read(at + 2, 2) & 0xfe, "QMASK is what can be had");
        config.write(at + 2, 2, 0x0051);
        assertEquals(0, hardware.get(at + 2, 2) & 1);
        assertEquals(0x20, hardware.get(at + 2, 2) & 0x70, "QSIZE is clamped");
        assertEquals(0, config.read(at + 2, 2) & 1);
        function.msi = true;
        config.write(at + 2, 1, 0x11);
        assertEquals(0x11, hardware.get(at + 2, 2) & 0x71);
        assertEquals(0x11, config.read(at + 2, 2) & 0x71);
    }

    @Test
    void vendorSpecificBytesAreTheUsersButItsHeader() {
        int at = hardware.standard(0x09, 10, 1, 2, 3, 4, 5, 6, 7);
        Arrays.fill(hardware.writable, at, at + 10, (byte) 0xff);
        VirtualConfig config = config();
        config.write(at, 4, 0x11223344);
        config.write(at + 4, 4, 0x55667788);
        assertEquals(9, config.read(at, 1));
        assertEquals(0x55667788, hardware.get(at + 4, 4));
        assertEquals(0x1122, hardware.get(at + 2, 2));
    }

    @Test
    void emptyVendorSpecificIsHidden() {
        hardware.standard(0x09, 0, 1, 2, 3);
        assertEquals(0, config().read(0x34, 1));
    }

    @Test
    void flrByAdvancedFeaturesNeedsBothItsBits() {
        int at = hardware.standard(0x13, 6, 3, 0, 0);
        VirtualConfig config = config();
        config.write(at + 4, 1, 1);
        assertEquals(List.of("lock", "zap", "reset", "unlock"), function.taken());
        assertEquals(0, config.read(at + 4, 1));
        hardware.u8(at + 3, 1);
        config.write(at + 4, 1, 1);
        assertEquals(List.of(), function.taken());
        assertEquals(List.of(), hardware.writes);
    }

    private int express(int flags, int devcap) {
        return hardware.standard(0x10, body(0x34, 0, flags, 2, devcap & 0xffff, 4, devcap >>> 16, 6, 0x2810));
    }

    @Test
    void flrByDeviceControlReadsBackZero() {
        int at = express(0x0002, 1 << 28);
        VirtualConfig config = config();
        config.write(at + 8, 2, 0x8000);
        assertEquals(List.of("lock", "zap", "reset", "unlock"), function.taken());
        assertEquals(0, config.read(at + 8, 2) & 0x8000);
        hardware.u32(at + 4, 0);
        config.write(at + 8, 2, 0x8000);
        assertEquals(List.of(), function.taken());
    }

    @Test
    void payloadSizeIsVirtualAndRequestSizeNoLessThanIt() {
        int at = express(0x0002, 0);
        hardware.rw(at + 8, 2, 0x7fff);
        hardware.u16(at + 8, 0x2800 | 2 << 5);
        VirtualConfig config = config();
        config.write(at + 8, 2, 0x00a0);
        assertEquals(0x40, hardware.get(at + 8, 2) & 0xe0, "the payload size of the hardware stays");
        assertEquals(0xa0, config.read(at + 8, 2) & 0xe0);
        assertEquals(2 << 12, hardware.get(at + 8, 2) & 0x7000, "at least the payload size in use");
        assertEquals(0, config.read(at + 8, 2) & 0x7000);
        config.write(at + 8, 2, 0x5000);
        assertEquals(0x5000, hardware.get(at + 8, 2) & 0x7000);
        config.write(at + 8, 2, 0x0200);
        assertEquals(0, hardware.get(at + 8, 2) & 0x0200, "phantom functions");
    }

    @Test
    void deviceControl2IsTheUsersButAriForwarding() {
        int at = express(0x0002, 0);
        hardware.rw(at + 0x28, 2, 0xffff);
        config().write(at + 0x28, 2, 0xffff);
        assertEquals(0xffdf, hardware.get(at + 0x28, 2));
    }

    /** Version and type, and the length. */
    @ParameterizedTest
    @CsvSource({"0x0001,20", "0x0091,12", "0x0002,0x34", "0x0092,0x2c"})
    void expressLengthFollowsFromVersionAndType(String flags, String length) {
        int at = express(Integer.decode(flags), 0);
        int end = at + Integer.decode(length);
        Arrays.fill(hardware.writable, end, 256, (byte) 0xff);
        VirtualConfig config = config();
        config.write(end, 1, 0x5a);
        assertEquals(0x5a, hardware.get(end, 1));
        Arrays.fill(hardware.writable, end - 1, end, (byte) 0xff);
        config.write(end - 1, 1, 0x5a);
        assertFalse(hardware.get(end - 1, 1) == 0x5a);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x40, 0x04, 0x3c, 0x48})
    void bentChainsEnd(int next) {
        int first = hardware.standard(0x11, body(10));
        int second = hardware.standard(0x02, body(10));
        hardware.u8(second + 1, next);
        VirtualConfig config = config();
        assertEquals(first, config.read(0x34, 1));
        assertEquals(0, next == 0x48 ? 0 : config.read(second + 1, 1));
        assertTrue(next == 0x48 || !config.warnings().isEmpty());
    }

    @Test
    void capabilityThatWouldEndBehindTheSpaceIsCutOrHidden() {
        hardware.u8(0x34, 0xfc).u8(0xfc, 0x11);
        assertEquals(0, config().read(0x34, 1));
        hardware.u8(0x34, 0xf8).u8(0xf8, 0x09).u8(0xf9, 0).u8(0xfa, 200);
        assertEquals(0xf8, config().read(0x34, 1));
    }

    @Test
    void overlapIsReported() {
        int first = hardware.standard(0x05, body(22, 0, 0x0180));
        hardware.u8(first + 1, first + 8).u8(first + 8, 0x11).u8(first + 9, 0);
        assertFalse(config().warnings().isEmpty());
    }

    @Test
    @Tag("C4-7")
    void oneAccessMayReachSeveralCapabilities() {
        int vendor = hardware.standard(0x09, 3);
        hardware.u8(vendor + 3, 0x77).rw(vendor + 3, 1, 0xff);
        VirtualConfig config = config();
        assertEquals(0x77030009, config.read(vendor, 4));
        config.write(vendor, 4, 0x66000000);
        assertEquals(0x66, hardware.get(vendor + 3, 1));
        assertEquals(9, config.read(vendor, 1));
    }
}
