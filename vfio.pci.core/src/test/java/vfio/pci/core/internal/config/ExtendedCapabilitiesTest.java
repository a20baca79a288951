// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static vfio.pci.core.fake.HardwareImage.body;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.pci.core.fake.HardwareImage;

class ExtendedCapabilitiesTest {
    private final HardwareImage hardware = new HardwareImage(4096);
    private final Enabled function = new Enabled();

    private VirtualConfig config() {
        hardware.standard(0x10, body(0x32, 0, 2));
        return new VirtualConfig(hardware, new FunctionFacts(0x15b3, 0x101e, false, true, List.of(), 0), function);
    }

    /** Bytes behind the header as offset (from the start of the capability) and 16-bit value, twice, and the length. */
    @ParameterizedTest
    @CsvSource({"0x03,4,0,12", "0x0e,4,0,8", "0x0f,4,0,8", "0x10,4,0,0x40", "0x12,4,0,40", "0x13,4,0,16", "0x18,4,0,8",
            "0x0d,4,0,8", "0x0d,4,0x0820,12", "0x0d,4,0x2120,16", "0x0d,4,0x0020,40", "0x15,8,0x20,12", "0x15,8,0xc0,52",
            "0x16,4,0,17", "0x16,4,0x1f,48", "0x17,4,0,12", "0x17,4,0x0200,14", "0x02,4,0,0x1c", "0x02,4,7,0x70",
            "0x08,4,0,0x1c", "0x09,4,1,0x28"})
    void readOnlyOnesEndWhereTheKernelEndsThem(String id, int offset, String value, String length) {
        int at = hardware.extended(Integer.decode(id), body(200, offset - 4, Integer.decode(value)));
        int end = at + Integer.decode(length);
        VirtualConfig config = config();
        Arrays.fill(hardware.writable, at, 4096, (byte) 0xff);
        for (int i = at; i < end; i++) {
            config.write(i, 1, ~hardware.get(i, 1) & 0xff);
        }
        assertEquals(List.of(), hardware.writes);
        config.write(end, 1, ~hardware.get(end, 1) & 0xff);
        assertEquals(1, hardware.writes.size());
    }

    @ParameterizedTest
    @CsvSource({"2,32,0x30", "4,64,0x40", "8,128,0x60"})
    void virtualChannelsEndBehindTheirArbitrationTable(int bit, int phases, String length) {
        int at = hardware.extended(0x02, body(200, 4, bit));
        int end = at + Integer.decode(length);
        VirtualConfig config = config();
        Arrays.fill(hardware.writable, at, 4096, (byte) 0xff);
        config.write(end - 1, 1, 0x5a);
        assertEquals(List.of(), hardware.writes, phases + " phases");
        config.write(end, 1, 0x5a);
        assertEquals(1, hardware.writes.size());
    }

    @Test
    void errorReportingTakesTheKernelsBits() {
        int at = hardware.extended(0x01, body(0x28));
        VirtualConfig config = config();
        Arrays.fill(hardware.writable, at, at + 0x2c, (byte) 0xff);
        int[][] registers = {{0, 0}, {4, 0x03fff031}, {8, 0x03fff031}, {12, 0x03fff031}, {0x10, 0xf1c1}, {0x14, 0xf1c1},
            {0x18, 0x0140}, {0x1c, 0}, {0x28, 0}};
        for (int[] register : registers) {
            int before = hardware.get(at + register[0], 4);
            config.write(at + register[0], 4, -1);
            assertEquals(before | register[1], hardware.get(at + register[0], 4), "+" + register[0]);
        }
        assertEquals(1 << 16 | 1, config.read(at, 4));
    }

    @Test
    void powerBudgetingTakesItsSelect() {
        int at = hardware.extended(0x04, body(12));
        VirtualConfig config = config();
        Arrays.fill(hardware.writable, at, at + 16, (byte) 0xff);
        for (int i = 4; i < 16; i += 4) {
            config.write(at + i, 4, -1);
        }
        assertEquals(0, hardware.get(at + 4, 4));
        assertEquals(0xff, hardware.get(at + 8, 4));
        assertEquals(0, hardware.get(at + 12, 4));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x0b, 0x23})
    void vendorsOwnBytesAreTheUsersButTheHeader(int id) {
        int at = hardware.extended(id, body(16, 0, 0x1234, 2, 0x0140));
        VirtualConfig config = config();
        Arrays.fill(hardware.writable, at, at + 0x20, (byte) 0xff);
        int header = config.read(at, 4);
        config.write(at, 4, ~header);
        assertEquals(header, config.read(at, 4));
        config.write(at + 8, 4, 0x12345678);
        assertEquals(0x12345678, hardware.get(at + 8, 4));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x05, 0x06, 0x07, 0x0a, 0x0c, 0x11, 0x14, 0x19, 0x1a, 0x1b, 0x1d, 0x1e, 0x1f, 0x25, 0x26, 0x29, 0x2a,
        0x2e, 0x7fff})
    void hiddenOnesAreUnlinkedAndTheirBytesStayRaw(int id) {
        int first = hardware.extended(0x03, body(8));
        int hidden = hardware.extended(id, body(12, 0, 0x4321));
        int last = hardware.extended(0x0e, body(4));
        VirtualConfig config = config();
        assertEquals(last, config.read(first, 4) >>> 20);
        assertEquals(0x4321, config.read(hidden + 4, 2));
        assertEquals(OptionalInt.empty(), config.extendedCapability(id));
        assertEquals(OptionalInt.of(last), config.extendedCapability(0x0e));
    }

    @Test
    void hiddenFirstOneStaysAsABlankHeader() {
        hardware.extended(0x1b, body(4));
        int next = hardware.extended(0x03, body(8));
        VirtualConfig config = config();
        assertEquals(next << 20, config.read(0x100, 4));
        config.write(0x100, 4, -1);
        assertEquals(next << 20, config.read(0x100, 4));
        assertEquals(List.of(), hardware.writes);
    }

    @Test
    void severalHiddenOnesAreUnlinkedFromTheBlankHeader() {
        hardware.extended(0x1b, body(4));
        hardware.extended(0x1d, body(4));
        hardware.extended(0x1e, body(4));
        int visible = hardware.extended(0x03, body(8));
        assertEquals(visible << 20, config().read(0x100, 4));
    }

    @Test
    void withoutAnyVisibleOneTheFirstDwordReadsZero() {
        hardware.extended(0x1b, body(4));
        hardware.extended(0x1d, body(4));
        assertEquals(0, config().read(0x100, 4));
    }

    @Test
    void withoutPciExpressThereAreNone() {
        hardware.extended(0x03, body(8));
        VirtualConfig config = new VirtualConfig(hardware, new FunctionFacts(1, 2, false, true, List.of(), 0), function);
        assertEquals(OptionalInt.empty(), config.extendedCapability(0x03));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x100, 0x040, 0x110})
    void bentChainsEnd(int next) {
        hardware.extended(0x03, body(8));
        int second = hardware.extended(0x0e, body(4));
        hardware.u32(second, 0x0001000e | next << 20);
        VirtualConfig config = config();
        assertEquals(next == 0x110 ? 0x110 : 0, next == 0x110 ? next : config.read(second, 4) >>> 20);
        assertFalse(next != 0x110 && config.warnings().isEmpty());
    }

    @Test
    void capabilityAtTheVeryEndIsCut() {
        hardware.extended(0x03, body(8));
        hardware.u32(0x100, 0x00010003 | 0xff8 << 20).u32(0xff8, 0x0001000e).u32(0xffc, -1);
        VirtualConfig config = config();
        assertEquals(OptionalInt.of(0xff8), config.extendedCapability(0x0e));
        hardware.u32(0xff8, 0x00010001);
        assertEquals(OptionalInt.empty(), new VirtualConfig(hardware,
                new FunctionFacts(1, 2, false, true, List.of(), 0), function).extendedCapability(0x01));
    }
}
