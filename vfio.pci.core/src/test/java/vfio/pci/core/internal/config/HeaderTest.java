// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.fake.HardwareImage;

class HeaderTest {
    private static final List<Bar> BARS = List.of(new Bar(0, 1L << 33, false, true, true),
            new Bar(2, 4096, false, false, false),
            new Bar(3, 32, true, false, false));

    private final HardwareImage hardware = new HardwareImage(256);
    private final Enabled function = new Enabled();

    private VirtualConfig config(boolean virtual, boolean intx, long rom) {
        return new VirtualConfig(hardware, new FunctionFacts(0x15b3, 0x101e, virtual, intx, BARS, rom), function);
    }

    private VirtualConfig config() {
        return config(false, true, 0x10000);
    }

    /** Registers that are the hardware's and read-only. */
    @ParameterizedTest
    @CsvSource({"8,4", "14,1", "44,2", "46,2", "62,1", "63,1", "40,4", "56,4"})
    void readOnlyRegistersAreTheHardwares(int position, int width) {
        VirtualConfig config = config();
        int before = hardware.get(position, width);
        assertEquals(before, config.read(position, width));
        config.write(position, width, ~before);
        assertEquals(List.of(), hardware.writes);
        hardware.values[position] ^= 0x55;
        assertEquals(before ^ 0x55, config.read(position, width));
    }

    @ParameterizedTest
    @CsvSource({"12", "13", "15"})
    void cacheLineLatencyAndBistAreWrittenThrough(int position) {
        VirtualConfig config = config();
        config.write(position, 1, 0x24);
        assertEquals(0x24, hardware.get(position, 1));
        assertEquals(0x24, config.read(position, 1));
    }

    @Test
    void idsAndPinAreFixedAndTheInterruptLineIsTheUsers() {
        VirtualConfig config = config();
        config.write(0, 4, 0);
        config.write(0x3c, 2, 0xffff);
        assertEquals(0x101e15b3, config.read(0, 4));
        assertEquals(0x01ff, config.read(0x3c, 2));
        assertEquals(11, hardware.get(0x3c, 1));
        assertEquals(List.of(), hardware.writes);
    }

    /** The user's bits of STATUS never reach the hardware, but a dword writes back what it reads there, as in the kernel. */
    @Test
    void dwordThatReachesCommandClearsStatusWhateverItHolds() {
        for (int upper : new int[] {0, 0xffff0000}) {
            hardware.u16(0x06, 0xa910);
            VirtualConfig config = config();
            hardware.writes.clear();
            config.write(0x04, 4, upper | 0x0003);
            assertEquals(List.of("4+4=a9100003"), hardware.writes);
            assertEquals(0x0010, hardware.get(0x06, 2));
        }
    }

    @Test
    void statusIsNotWrittenByItselfNorWithTheCommandRegisterAlone() {
        hardware.u16(0x06, 0xf910);
        VirtualConfig config = config();
        hardware.writes.clear();
        config.write(0x06, 2, 0xffff);
        config.write(0x07, 1, 0xff);
        assertEquals(List.of(), hardware.writes);
        config.write(0x04, 2, 0x0003);
        config.write(0x05, 1, 0);
        assertEquals(List.of("4+2=3", "5+1=0"), hardware.writes);
        assertEquals(0xf910, hardware.get(0x06, 2));
    }

    /** Nor does a dword of which the user may change no bit of the hardware's. */
    @Test
    void dwordWithoutABitToChangeIsNotWritten() {
        VirtualConfig config = config();
        hardware.writes.clear();
        config.write(0x08, 4, -1);
        config.write(0x2c, 4, -1);
        assertEquals(List.of(), hardware.writes);
    }

    @Test
    void capabilityListBitAndPointerGoWhenNothingIsVisible() {
        hardware.standard(0x0a);
        hardware.standard(0x14, 0, 0);
        VirtualConfig config = config();
        assertEquals(0, config.read(0x06, 2) & 0x10);
        assertEquals(0, config.read(0x34, 1));
    }

    @Test
    void virtualFunctionShowsItsEnumeratedIdsAndMemoryEnabled() {
        hardware.u16(0, 0xffff).u16(2, 0xffff).u16(4, 0).rw(4, 2, 4);
        VirtualConfig config = config(true, true, 0);
        assertEquals(0x101e15b3, config.read(0, 4));
        assertEquals(2, config.read(4, 2) & 2);
        assertEquals(0, config.read(0x3d, 1));
        assertTrue(config.memoryEnabled());
        config.write(4, 2, 0);
        assertEquals(0, config.read(4, 2) & 2);
        assertTrue(config.memoryEnabled(), "a VF always decodes");
    }

    @Test
    void withoutIntxThereIsNoPin() {
        assertEquals(0, config(false, false, 0).read(0x3d, 1));
        assertEquals(0, config(false, false, 0).interruptPin());
    }

    @Test
    void barsAreSizedWithoutTouchingTheHardware() {
        VirtualConfig config = config();
        for (int at = 0x10; at < 0x28; at += 4) {
            config.write(at, 4, -1);
        }
        config.write(0x30, 4, -1);
        assertEquals(0x0000000c, config.read(0x10, 4));
        assertEquals(0xfffffffe, config.read(0x14, 4));
        assertEquals(0xfffff000, config.read(0x18, 4));
        assertEquals(0xffffffe1, config.read(0x1c, 4));
        assertEquals(0, config.read(0x20, 4));
        assertEquals(0, config.read(0x24, 4));
        assertEquals(0xffff0001, config.read(0x30, 4));
        assertEquals(List.of(), hardware.writes);
    }

    @Test
    void barsKeepTheAddressTheUserGives() {
        VirtualConfig config = config();
        config.write(0x18, 4, 0xfebd0123);
        assertEquals(0xfebd0000, config.read(0x18, 4));
        config.write(0x1a, 2, 0x1234);
        assertEquals(0x12340000, config.read(0x18, 4));
        config.write(0x30, 1, 1);
        assertEquals(1, config.read(0x30, 4) & 1);
    }

    @Test
    void withoutARomItsBarReadsZero() {
        VirtualConfig config = config(false, true, 0);
        config.write(0x30, 4, -1);
        assertEquals(0, config.read(0x30, 4));
    }

    @Test
    @Tag("C4-42")
    void clearingMemoryTakesTheMappingsFirst() {
        VirtualConfig config = config();
        assertTrue(config.memoryEnabled());
        config.write(4, 2, 1);
        assertEquals(List.of("lock", "zap", "unlock"), function.taken());
        assertFalse(config.memoryEnabled());
        assertEquals(1, config.read(4, 2));
        assertEquals(1, hardware.get(4, 2) & 3);
        config.write(4, 2, 3);
        assertEquals(List.of("lock", "unlock"), function.taken());
        assertTrue(config.memoryEnabled());
    }

    @Test
    void aByteOfCommandSwitchesMemoryToo() {
        VirtualConfig config = config();
        config.write(4, 1, 0);
        assertFalse(config.memoryEnabled());
        config.write(5, 1, 0);
        assertFalse(config.memoryEnabled());
        config.write(4, 4, 2);
        assertTrue(config.memoryEnabled());
    }

    @Test
    void memoryIsNotEnabledInD3() {
        VirtualConfig config = config();
        function.power = 3;
        assertFalse(config.memoryEnabled());
        function.power = 2;
        assertTrue(config.memoryEnabled());
    }

    @Test
    void addressesComeBackAfterAResetBehindOurBack() {
        hardware.u32(0x10, 0xe000000c).rw(0x10, 4, -1).u32(0x18, 0xfe000000).rw(0x18, 4, -1);
        VirtualConfig config = config();
        hardware.u32(0x10, 0xc).u32(0x18, 0);
        config.write(4, 2, 3);
        assertEquals(0xe000000c, hardware.get(0x10, 4));
        assertEquals(0xfe000000, hardware.get(0x18, 4));
    }

    @Test
    void addressesComeBackWhenDecodingWasLost() {
        hardware.u32(0x18, 0xfe000000).rw(0x18, 4, -1);
        VirtualConfig config = config();
        hardware.u16(4, 0);
        hardware.writes.clear();
        config.write(4, 2, 2);
        assertTrue(hardware.writes.contains("18+4=fe000000"), hardware.writes.toString());
        assertEquals(2, hardware.get(4, 2) & 2);
    }

    @Test
    void intxDisableIsTheShadowsAndMasks() {
        VirtualConfig config = config();
        config.write(4, 2, 0x0403);
        assertEquals(List.of("lock", "unlock", "mask"), function.taken());
        assertEquals(0x0403, config.read(4, 2));
        assertEquals(0, hardware.get(4, 2) & 0x400);
        config.write(4, 2, 0x0403);
        assertEquals(List.of("lock", "unlock"), function.taken());
        config.write(5, 1, 0);
        assertEquals(List.of("enable", "unmask"), function.taken());
        assertEquals(0x0003, config.read(4, 2));
    }

    @ParameterizedTest
    @CsvSource({"-1,1", "256,1", "255,2", "254,4", "1,2", "2,4", "0,3", "0,8", "0,0"})
    @Tag("C4-4") @Tag("C4-5") @Tag("C4-6")
    void whatIsOutsideOrUnalignedIsEfault(int position, int width) {
        VirtualConfig config = config();
        assertEquals(Errno.EFAULT, assertThrows(VfioException.class, () -> config.read(position, width)).errno());
        assertEquals(Errno.EFAULT, assertThrows(VfioException.class, () -> config.write(position, width, 0)).errno());
    }

    @Test
    void claimedBytesAreTheDriversAndStay() {
        VirtualConfig config = config();
        config.claim(0xfc, (byte) 1, (byte) 2, (byte) 3, (byte) 4);
        assertEquals(0x04030201, config.read(0xfc, 4));
        config.write(0xfc, 4, 0x55667788);
        assertEquals(0x55667788, config.read(0xfc, 4));
        assertEquals(0, hardware.get(0xfc, 4));
        assertEquals(Errno.EFAULT,
                assertThrows(VfioException.class, () -> config.claim(0xfd, new byte[4])).errno());
    }

    @Test
    void whatNothingClaimsIsRaw() {
        hardware.u32(0xf0, 0x12345678).rw(0xf0, 4, 0x00ffff00);
        VirtualConfig config = config();
        config.write(0xf0, 4, -1);
        assertEquals(0x12ffff78, config.read(0xf0, 4));
    }
}
