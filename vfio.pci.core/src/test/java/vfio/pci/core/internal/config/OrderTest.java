// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.pci.core.fake.HardwareImage.body;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.fake.HardwareImage;

/** What comes first: the hardware's writes and the function's acts in one list. */
class OrderTest {
    private static final List<Bar> BARS = List.of(new Bar(0, 4096, false, false, false));

    private final HardwareImage hardware = new HardwareImage(256);
    private final Enabled function = new Enabled(hardware.writes);

    private VirtualConfig config(boolean virtual, boolean intx) {
        return new VirtualConfig(hardware, new FunctionFacts(0x15b3, 0x101e, virtual, intx, BARS, 0x10000), function);
    }

    private void assertTaken(String... acts) {
        assertEquals(List.of(acts), function.taken());
    }

    @Test
    void mappingsAreTakenBeforeTheHardwareStopsDecoding() {
        config(false, true).write(4, 2, 1);
        assertTaken("lock", "zap", "4+2=1", "unlock");
    }

    @Test
    void interruptIsMaskedAfterTheMemoryLockIsGivenBack() {
        config(false, true).write(4, 2, 0x0400);
        assertTaken("lock", "zap", "4+2=0", "unlock", "mask");
    }

    @Test
    void upperByteOfCommandTakesNoMemoryLock() {
        VirtualConfig config = config(false, true);
        config.write(5, 1, 4);
        assertTaken("5+1=0", "mask");
        assertTrue(config.memoryEnabled());
    }

    @Test
    void realAddressesAreBackBeforeDecodingIs() {
        hardware.u32(0x10, 0xfe000000).rw(0x10, 24, -1).u32(0x30, 0xfd000001).rw(0x30, 4, -1);
        VirtualConfig config = config(false, true);
        config.write(0x10, 4, 0x12345000);
        config.write(0x30, 4, 0x55550001);
        hardware.u16(4, 0).u32(0x10, 0).u32(0x30, 0);
        config.write(4, 2, 3);
        assertTaken("lock", "10+4=fe000000", "14+4=0", "18+4=0", "1c+4=0", "20+4=0", "24+4=0", "30+4=fd000001", "4+2=3",
                "unlock");
        assertEquals(0x12345000, config.read(0x10, 4), "the user's address stays the user's");
    }

    /** User's COMMAND before, the hardware's after its loss, the user's new one, and whether addresses are restored. */
    @ParameterizedTest
    @CsvSource({"3,0,3,true", "3,0,2,true", "3,0,1,true", "3,0,0,false", "2,0,1,false", "1,0,2,false", "2,2,2,false",
            "3,2,1,true", "3,1,2,true", "3,2,2,false"})
    void addressesAreRestoredWhereADecodingThatWasOnIsWantedAndOff(int before, int lost, int wanted, boolean restored) {
        VirtualConfig config = config(false, true);
        config.write(4, 2, before);
        hardware.u16(4, lost);
        function.taken();
        config.write(4, 2, wanted);
        assertEquals(restored, hardware.writes.contains("30+4=0"), hardware.writes.toString());
    }

    @Test
    void virtualFunctionHasNoAddressesToRestore() {
        hardware.u16(4, 0).rw(4, 2, 4);
        VirtualConfig config = config(true, true);
        config.write(4, 2, 7);
        config.write(4, 2, 7);
        assertTaken("lock", "4+2=7", "unlock", "lock", "4+2=7", "unlock");
        assertEquals(6, config.read(4, 2), "memory from the shadow, the rest from the hardware");
        config.write(4, 2, 4);
        assertTaken("lock", "zap", "4+2=4", "unlock");
    }

    @Test
    void functionWithoutUsableIntxStaysDisabledOverARestore() {
        VirtualConfig config = config(false, false);
        hardware.u16(4, 0);
        config.write(4, 2, 3);
        assertTrue(hardware.writes.indexOf("4+2=400") < hardware.writes.indexOf("4+2=403"), hardware.writes.toString());
        assertEquals(0x403, hardware.get(4, 2));
        assertEquals(3, config.read(4, 2));
    }

    /** Position from DEVCTL, width, and value; the last has other bits too. */
    @ParameterizedTest
    @CsvSource({"0,2,0x8000", "1,1,0x80", "0,4,0x8000"})
    void functionLevelResetTakesTheMappingsFirst(int offset, int width, String value) {
        int at = hardware.standard(0x10, body(0x32, 0, 2, 4, 0x1000));
        hardware.rw(at + 8, 2, 0x7fff);
        config(false, true).write(at + 8 + offset, width, Integer.decode(value));
        List<String> taken = function.taken();
        assertEquals(List.of("lock", "zap", "reset", "unlock"), taken.subList(1, taken.size()));
        assertEquals(0, hardware.get(at + 9, 1) & 0x80, "the hardware's own bit is not written");
    }

    /** State, and what is done. */
    @ParameterizedTest
    @CsvSource({"0,'lock D0 unlock'", "1,'lock D1 unlock'", "2,'lock D2 unlock'", "3,'lock zap D3 unlock'"})
    void powerStateIsNeverWrittenToTheHardware(int state, String acts) {
        int at = hardware.standard(0x01, body(6, 2, 0x0008));
        hardware.rw(at + 4, 2, 0x1f03);
        config(false, true).write(at + 4, 1, state);
        List<String> taken = function.taken();
        assertEquals(List.of(acts.split(" ")), taken.subList(taken.size() - acts.split(" ").length, taken.size()));
        assertEquals(0, hardware.get(at + 4, 1) & 3);
    }
}
