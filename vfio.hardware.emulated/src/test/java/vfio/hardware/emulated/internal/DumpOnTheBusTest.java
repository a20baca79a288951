// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.EventLog;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.snapshot.FunctionSnapshot;

/** Functions of a dump, plugged in. */
class DumpOnTheBusTest {
    @TempDir
    private Path directory;

    private EmulatedBus bus(String... functions) throws Exception {
        Path file = directory.resolve("dump");
        StringBuilder text = new StringBuilder();
        for (String function : functions) {
            text.append(function);
        }
        Files.writeString(file, text);
        return new EmulatedBus(Buses.config(file.toString(), directory), new EventLog());
    }

    private static String written(String address, byte[] config) {
        return new FunctionSnapshot(Buses.at(address), Buses.NIC, 0, java.util.List.of(), null, null, config).dump();
    }

    /** Nothing of the place is put in: no multi-function bit, no primary bus. */
    @Test
    void configSpaceReadsAsDumped() throws Exception {
        byte[] first = random(1, 0x00);
        byte[] second = random(2, 0x01);
        EmulatedBus bus = bus(written("03:00.0", first), written("03:00.1", second));
        assertArrayEquals(first, FunctionSnapshot.of(bus.function(Buses.at("03:00.0"))).config());
        assertArrayEquals(second, FunctionSnapshot.of(bus.function(Buses.at("03:00.1"))).config());
        assertEquals(1, bus.function(Buses.at("03:00.1")).headerType());
    }

    private static byte[] random(long seed, int headerType) {
        byte[] config = new byte[4096];
        new Random(seed).nextBytes(config);
        config[0x0e] = (byte) headerType;
        return config;
    }

    /** Registers with behaviour stand anywhere, cut by the end even: no write does harm. */
    @Test
    void anyWriteIsTaken() throws Exception {
        Random random = new Random(3);
        for (int run = 0; run < 300; run++) {
            byte[] config = new byte[random.nextBoolean() ? 256 : 4096];
            random.nextBytes(config);
            config[0x0e] = (byte) random.nextInt(3);
            config[0x06] |= 0x10;
            config[0x34] = (byte) 0xfc;
            config[0xfc] = (byte) random.nextInt(0x15);
            config[0xfd] = (byte) (0x40 + 4 * random.nextInt(0x2f));
            config[config[0xfd] & 0xff] = (byte) random.nextInt(0x15);
            PciFunction function = bus(written("01:00.0", config)).function(Buses.at("01:00.0"));
            for (int offset = 0; offset < 256; offset++) {
                function.config().write(offset, 1, random.nextInt());
            }
        }
    }

    @Test
    void barsAreSizedByWritingOnes() throws Exception {
        byte[] config = new byte[256];
        config[0] = 1;
        config[0x12] = (byte) 0xc2;
        config[0x13] = (byte) 0xf7;
        PciFunction function = bus(written("01:00.0", config)).function(Buses.at("01:00.0"));
        function.config().write(0x10, 4, -1);
        assertEquals(0xfffe0000, function.config().read(0x10, 4));
        assertEquals(0x20000, function.bars().get(0).size());
    }
}
