// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.pci.core.fake.HardwareImage.body;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.fake.HardwareImage;

/** Which pieces of an access reach which hardware. */
class AccessTest {
    private final HardwareImage hardware = new HardwareImage(256);

    private VirtualConfig config() {
        return new VirtualConfig(hardware, new FunctionFacts(0x15b3, 0x101e, false, true, List.of(), 0), new Enabled());
    }

    /** Length of a vendor's capability, position from its end rounded down to a dword, width, and the writes it becomes. */
    @ParameterizedTest
    @CsvSource({"4,4,'44+4=44332211'", "5,4,'44+1=11 45+1=22 46+2=4433'", "6,4,'44+2=2211 46+2=4433'",
            "7,4,'44+2=2211 46+1=33 47+1=44'", "8,4,'44+4=44332211'", "5,2,'44+1=11 45+1=22'", "6,2,'44+2=2211'",
            "5,1,'44+1=11'"})
    void accessIsCutWhereACapabilityEnds(int length, int width, String writes) {
        hardware.standard(0x09, body(length - 2, 0, length)); // what follows has the same bits, but is nobody's
        hardware.rw(0x44, 4, -1);
        VirtualConfig config = config();
        config.write(0x44, width, 0x44332211);
        assertEquals(writes, String.join(" ", hardware.writes));
        assertEquals(hardware.get(0x44, width), config.read(0x44, width));
        assertEquals(width == 4 ? 0x44332211 : 0x44332211 & (1 << 8 * width) - 1, hardware.get(0x44, 4));
    }

    /** A raw byte beside a read-only one: the width of the piece is that of what may be written. */
    @Test
    void bytesBehindAShortCapabilityAreWrittenAlone() {
        hardware.standard(0x13, body(4, 0, 0x0306));
        hardware.rw(0x40, 12, -1);
        config().write(0x44, 4, 0xaabb0000);
        assertEquals(List.of("46+2=aabb"), hardware.writes);
    }

    /** As vfio_default_config_write writes back what it has read: with device control go the errors of device status. */
    @Test
    void dwordThatReachesDeviceControlClearsDeviceStatus() {
        int at = hardware.standard(0x10, body(0x32, 0, 2));
        hardware.rw(at + 8, 2, 0x7fff).clear(at + 10, 2, 0xf).u16(at + 10, 0x25);
        VirtualConfig config = config();
        config.write(at + 8, 2, 0x0001);
        assertEquals(0x25, hardware.get(at + 10, 2));
        config.write(at + 8, 4, 0x0003);
        assertEquals(0x20, hardware.get(at + 10, 2));
        assertEquals(3, hardware.get(at + 8, 2) & 0x1f);
    }

    @Test
    void bitsAboveTheWidthAreIgnored() {
        hardware.rw(0x80, 8, -1);
        VirtualConfig config = config();
        config.write(0x80, 1, -1);
        config.write(0x82, 2, 0x7fff1234);
        assertEquals(0x123400ff, hardware.get(0x80, 4));
        config.write(0x3c, 1, 0xabcd);
        assertEquals(0x01cd, config.read(0x3c, 2));
    }

    @ParameterizedTest
    @CsvSource({"253,1,2", "255,2,1", "-1,1,1", "0,257,1", "2147483647,1,1", "-2147483648,1,1"})
    void claimOutsideIsEfault(int position, int length, int ignored) {
        VirtualConfig config = config();
        byte[] values = new byte[length + (position == 253 ? 3 : 0)];
        assertEquals(Errno.EFAULT,
                assertThrows(VfioException.class, () -> config.claim(position, values)).errno(), "case " + ignored);
        config.claim(255, (byte) 7);
        config.claim(0, new byte[0]);
        assertEquals(7, config.read(255, 1));
    }

    /** As the driver of an Intel graphics device claims its register in the middle of what is raw. */
    @Test
    void claimInsideACapabilityLeavesTheRestToIt() {
        int at = hardware.standard(0x11, body(10, 0, 0x0007, 2, 0x2211, 4, 0x4433));
        VirtualConfig config = config();
        config.claim(at + 5, (byte) 0xaa);
        assertEquals(0x4433aa11, config.read(at + 4, 4));
        config.write(at + 4, 4, -1);
        assertEquals(0x4433ff11, config.read(at + 4, 4));
        config.claim(at + 5, (byte) 0xbb);
        assertEquals(0x4433bb11, config.read(at + 4, 4), "the latest claim wins");
        assertEquals(List.of(), hardware.writes);
    }

    @Test
    void accessesAllocateNothing() {
        hardware.standard(0x05, body(22, 0, 0x018a));
        hardware.standard(0x01, body(6));
        VirtualConfig config = config();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().getId();
        long sum = all(config); // classes are loaded
        long before = threads.getThreadAllocatedBytes(id);
        for (int round = 0; round < 1000; round++) {
            sum += all(config);
        }
        long allocated = threads.getThreadAllocatedBytes(id) - before;
        assertTrue(allocated < 64_000, allocated + " bytes in 128,000 accesses, sum " + sum);
    }

    private static long all(VirtualConfig config) {
        long sum = 0;
        for (int position = 0; position < 256; position += 4) {
            sum += config.read(position, 4);
        }
        for (int position = 0x10; position < 0x28; position += 4) {
            config.write(position, 4, (int) sum);
        }
        return sum;
    }
}
