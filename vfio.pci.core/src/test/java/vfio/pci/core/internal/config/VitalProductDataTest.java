// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.pci.core.fake.HardwareImage;

class VitalProductDataTest {
    private static final int AT = 0x40;

    private final HardwareImage hardware = new HardwareImage(256);

    private VirtualConfig config() {
        hardware.standard(0x03, 0, 0, 0, 0, 0, 0);
        hardware.rw(AT + 2, 2, 0xffff).rw(AT + 4, 4, -1);
        hardware.vpdData = address -> 0x03020100 + (address & 0xff) * 0x01010101;
        return new VirtualConfig(hardware, new FunctionFacts(1, 2, false, true, List.of(), 0), new Enabled());
    }

    /** Position from the start of the capability, width, value, and whether a transfer begins. */
    @ParameterizedTest
    @CsvSource({"2,1,0x08,false", "3,1,0x00,true", "2,2,0x0008,true", "0,4,0x00080003,true", "4,4,0x1234,false",
            "0,2,0,false", "0,1,0,false", "4,1,0,false"})
    void onlyTheUpperByteOfTheAddressBeginsATransfer(int offset, int width, String value, boolean begins) {
        VirtualConfig config = config();
        config.write(AT + offset, width, Integer.decode(value));
        assertEquals(begins, !hardware.writes.isEmpty(), hardware.writes.toString());
        assertEquals(begins, (config.read(AT + 2, 2) & 0x8000) != 0);
    }

    /** As pci_read_vpd, which reads two dwords where it must. */
    @ParameterizedTest
    @CsvSource({"0x10,0x13121110", "0x11,0x14131211", "0x12,0x15141312", "0x13,0x16151413", "0x7ffc,0xfffefdfc",
            "0x7ffd,0x00fffefd", "0x7fff,0x000000ff"})
    void anyByteCanBeReadFromAnAlignedHardware(String address, String data) {
        VirtualConfig config = config();
        config.write(AT + 2, 2, Integer.decode(address));
        assertEquals(Long.decode(data).intValue(), config.read(AT + 4, 4));
        assertEquals(Integer.decode(address) | 0x8000, config.read(AT + 2, 2));
        hardware.writes.forEach(write -> assertEquals(0, Integer.parseInt(write.substring(5), 16) & 3, write));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x8001, 0x8002, 0x8003, 0xffff})
    void writesBetweenDwordsAreNotDone(int address) {
        VirtualConfig config = config();
        config.write(AT + 2, 2, address);
        assertEquals(List.of(), hardware.writes);
        assertEquals(address, config.read(AT + 2, 2));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x0010, 0x8010, 0x0011})
    void failureOfTheBusLeavesTheFlagAndIsNoFailureOfTheWrite(int address) {
        VirtualConfig config = config();
        config.write(AT + 4, 4, 0x0badcafe);
        for (int position : new int[] {AT + 2, AT + 4}) {
            hardware.broken = at -> at == position;
            config.write(AT + 2, 2, address);
            assertEquals(address, config.read(AT + 2, 2));
            assertEquals(0x0badcafe, config.read(AT + 4, 4));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x0010, 0x8010})
    void hardwareThatNeverAnswersLeavesFlagAndData(int address) {
        VirtualConfig config = config();
        hardware.vpdAnswers = false;
        config.write(AT + 4, 4, 0x0badcafe);
        config.write(AT + 2, 2, address);
        assertEquals(address, config.read(AT + 2, 2));
        assertEquals(0x0badcafe, config.read(AT + 4, 4));
        hardware.vpdAnswers = true;
        config.write(AT + 3, 1, 0);
        assertEquals(0x8010, config.read(AT + 2, 2), "the next transfer ends");
    }

    @Test
    void whatIsWrittenAsDataIsSentWithTheAddress() {
        VirtualConfig config = config();
        config.write(AT + 4, 2, 0xbabe);
        config.write(AT + 6, 1, 0xfe);
        config.write(AT + 7, 1, 0xca);
        assertEquals(List.of(), hardware.writes);
        config.write(AT + 2, 1, 0x20);
        config.write(AT + 3, 1, 0x81);
        assertEquals(List.of("44+4=cafebabe", "42+2=8120"), hardware.writes);
        assertEquals(0x0120, config.read(AT + 2, 2));
        assertEquals(0xcafebabe, config.read(AT + 4, 4));
    }
}
