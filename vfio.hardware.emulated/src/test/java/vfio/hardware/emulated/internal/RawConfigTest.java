// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

class RawConfigTest {
    private static final int BAR0 = 0x10;
    @TempDir
    Path directory;
    private EmulatedBus bus;

    @BeforeEach
    void start() {
        bus = Buses.empty(directory);
    }

    @AfterEach
    void stop() {
        bus.deactivate();
    }

    private ConfigSpace config(Bar... bars) {
        return bus.plug(Buses.nic("00:04.0", bars)).config();
    }

    @Test
    void writesOfOnesTellTheSizeOfEachKindOfBar() {
        ConfigSpace config = config(new Bar(0, 1 << 20, false, false, false), new Bar(1, 32, true, false, false),
                new Bar(2, 1L << 32, false, true, true), new Bar(4, 16L << 10, false, true, false));
        int[] expected = {0xfff00000, 0xffffffe1, 0x0000000c, 0xffffffff, 0xffffc004, 0xffffffff};
        for (int i = 0; i < expected.length; i++) {
            config.write(BAR0 + 4 * i, 4, -1);
            assertEquals(expected[i], config.read(BAR0 + 4 * i, 4), "BAR " + i);
        }
        config.write(BAR0, 4, 0x12345678);
        assertEquals(0x12300000, config.read(BAR0, 4));
    }

    @Test
    void aBarOf2GiBAndAPrefetchableOneOf32BitsKeepTheirBits() {
        ConfigSpace config = config(new Bar(0, 1L << 31, false, false, true), new Bar(5, 4, true, false, false));
        config.write(BAR0, 4, -1);
        config.write(BAR0 + 20, 4, -1);
        assertEquals(0x80000008, config.read(BAR0, 4));
        assertEquals(0xfffffffd, config.read(BAR0 + 20, 4));
        config.write(BAR0 + 4, 4, -1);
        assertEquals(0, config.read(BAR0 + 4, 4), "a BAR that is not there");
    }

    @ParameterizedTest
    @CsvSource({"-1,1", "4096,1", "4095,2", "4094,4", "4096,4", "2,4", "1,2", "0,3", "0,0", "0,8", "2147483647,1",
        "-2147483648,4", "2147483644,4"})
    void accessesOutsideOrUnalignedAreRefused(int offset, int width) {
        ConfigSpace config = config();
        assertEquals(4096, config.size());
        assertEquals(Errno.EFAULT, assertThrows(VfioException.class, () -> config.read(offset, width)).errno());
        assertEquals(Errno.EFAULT, assertThrows(VfioException.class, () -> config.write(offset, width, 0)).errno());
    }

    @Test
    void theLastBytesOfEitherSizeAreReached() {
        ConfigSpace small = bus.plug(new FunctionSpec(at("00:05.0"),
                FunctionDescription.builder(Buses.NIC).build())).config();
        assertEquals(256, small.size());
        assertEquals(0, small.read(252, 4));
        assertEquals(0, config().read(4095, 1));
        assertEquals(Errno.EFAULT, assertThrows(VfioException.class, () -> small.read(256, 1)).errno());
    }

    @Test
    void readOnlyBitsStayAndBytesAreWrittenAlone() {
        ConfigSpace config = config(new Bar(0, 1 << 20, false, false, false));
        config.write(0, 4, 0);
        config.write(8, 4, -1);
        assertEquals(0x10d38086, config.read(0, 4));
        assertEquals(0x02000000, config.read(8, 4));
        assertEquals(0xff, config.read(0x0c, 1) | 0xff);
        config.write(4, 2, 0xffff);
        assertEquals(0x0146, config.read(4, 2), "no I/O BAR, no pin: neither I/O enable nor interrupt disable");
        config.write(0x12, 1, 0xab);
        assertEquals(0x00a00000, config.read(BAR0, 4));
        assertEquals(0x00a0, config.read(0x12, 2));
    }

    @Test
    void aWrittenOneClearsAnErrorBitAndAZeroDoesNot() {
        ConfigSpace config = config();
        assertEquals(0x0010, config.read(6, 2), "a capability list and no error");
        config.write(6, 2, 0xffff);
        assertEquals(0x0010, config.read(6, 2));
        assertEquals(4096, config.size());
        // Presence detect of the slot of a root port is set from the start; its change bits clear by ones.
        ConfigSpace port = bus.plug(new FunctionSpec(at("00:06.0"), FunctionDescription.builder(Buses.NIC)
                .bridge(5, 7).express(PortType.ROOT_PORT).build())).config();
        int slotStatus = ChainWalk.standard(port).get(0x10) + 0x1a;
        port.write(slotStatus, 2, 0xffff);
        assertEquals(0x40, port.read(slotStatus, 2));
    }

    @Test
    void equalFunctionsShareUntilOneIsWritten() {
        ConfigSpace first = config();
        ConfigSpace second = bus.plug(Buses.nic("00:05.0")).config();
        first.write(0x3c, 1, 0x42);
        assertEquals(0x42, first.read(0x3c, 1));
        assertEquals(0, second.read(0x3c, 1));
    }

    @Test
    void anUnpluggedFunctionReadsAllOnesAndDropsWrites() {
        ConfigSpace config = config(new Bar(0, 4096, false, false, false));
        bus.unplug(at("00:04.0"));
        config.write(0x3c, 1, 0x42);
        assertEquals(-1, config.read(0, 4));
        assertEquals(0xffff, config.read(0x3c, 2));
    }

    @Test
    void aBridgeHasItsOwnBusAndTheOnesBehindIt() {
        ConfigSpace bridge = bus.plug(new FunctionSpec(at("07:06.0"), FunctionDescription.builder(Buses.NIC)
                .bridge(8, 0x1f).build())).config();
        assertEquals(0x001f0807, bridge.read(0x18, 4));
        bridge.write(0x3e, 2, 0x40);
        assertEquals(0x001f0807, bridge.read(0x18, 4), "the first write must not lose the place");
        bridge.write(0x18, 1, 0x33);
        assertEquals(0x001f0833, bridge.read(0x18, 4));
        int subsystem = ChainWalk.standard(bridge).get(0x0d);
        assertEquals(0xa01f8086, bridge.read(subsystem + 4, 4));
        assertEquals(1, bridge.read(0x0e, 1));
    }

    @Test
    void theSecondFunctionMakesADeviceMultiFunction() {
        ConfigSpace first = config();
        assertEquals(0, first.read(0x0e, 1));
        ConfigSpace second = bus.plug(Buses.nic("00:04.3")).config();
        assertEquals(0x80, first.read(0x0e, 1));
        assertEquals(0x80, second.read(0x0e, 1));
        assertEquals(0, bus.function(at("00:04.0")).headerType());
    }

    @Test
    void productDataComesFourBytesAtATimeAndAddsUpToZero() {
        ConfigSpace config = bus.plug(new FunctionSpec(at("00:04.0"),
                FunctionDescription.builder(Buses.NIC).productName("A card").build())).config();
        int vpd = ChainWalk.standard(config).get(0x03);
        StringBuilder text = new StringBuilder();
        int sum = 0;
        for (int at = 0; at < 20; at += 4) {
            config.write(vpd + 2, 2, at);
            assertEquals(0x8000 | at, config.read(vpd + 2, 2), "the flag says that the data is there");
            int word = config.read(vpd + 4, 4);
            for (int i = 0; i < 4; i++) {
                text.append((char) (word >> 8 * i & 0xff));
                sum += at + i < 16 ? word >> 8 * i & 0xff : 0;
            }
        }
        assertEquals("A card", text.substring(3, 9));
        assertEquals(0x78, text.charAt(16));
        assertEquals(0, sum & 0xff);
        config.write(vpd + 2, 1, 0);
        assertTrue((config.read(vpd + 2, 2) & 0x8000) != 0, "the low address byte alone starts nothing");
        config.write(vpd + 2, 2, 0x8000);
        assertEquals(0, config.read(vpd + 2, 2) & 0x8000, "a store ends with the flag clear");
    }
}
