// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.bus.RawHardware;

class RawHardwareTest {
    private static final int ROM_BAR = 0x30;
    @TempDir
    Path directory;
    private EmulatedBus bus;
    private EmulatedFunction function;
    private ConfigSpace config;
    private final List<String> told = new ArrayList<>();

    private void plug(String rest) {
        bus = Buses.of("functions: [{address: 01:00.0, vendor: 1234, device: 1111, class: 030000, revision: 02, " + rest
                + "}]", directory);
        function = bus.function(at("01:00.0"));
        config = function.config();
    }

    @AfterEach
    void stop() {
        if (bus != null) {
            bus.deactivate();
        }
    }

    private void listen() {
        assertNull(function.side().listener(new RawHardware.Listener() {
            @Override
            public void errorDetected() {
                told.add("error");
            }

            @Override
            public void wakeUp() {
                told.add("wake");
            }
        }));
    }

    private void checkImage(RegionOperations rom, int length) {
        assertEquals(length, rom.size());
        assertEquals(0xaa55, rom.read(0, 2));
        assertEquals(length / 512, rom.read(2, 1) & 0xff);
        int data = (int) rom.read(0x18, 2);
        assertEquals(0x52494350, rom.read(data, 4), "PCIR");
        assertEquals(0x11111234, rom.read(data + 4, 4));
        assertEquals(0x03000003, (int) rom.read(data + 0xc, 4), "class, and the structure's revision");
        assertEquals(0x80, rom.read(data + 0x15, 1) & 0xff, "the last image");
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (int) rom.read(i, 1);
        }
        assertEquals(0, sum & 0xff);
    }

    @ParameterizedTest
    @CsvSource({"64K,65536,2048", "'{size: 4K, image: 4K}',4096,4096", "2K,2048,2048", "16M,16777216,2048"})
    void romHasItsBarAndAnImage(String text, int size, int image) {
        plug("rom: " + text);
        assertEquals(size, function.side().romSize());
        config.write(ROM_BAR, 4, -1);
        assertEquals(-size | 1, config.read(ROM_BAR, 4));
        config.write(ROM_BAR, 4, 0);
        assertEquals(0, config.read(ROM_BAR, 4));
        RegionOperations rom = function.side().rom();
        checkImage(rom, image);
        rom.write(0, 4, 0);
        assertEquals(0xaa55, rom.read(0, 2), "read-only");
        config.write(4, 2, 0xffff);
        assertEquals(2, config.read(4, 2) & 3, "it decodes memory and no ports");
    }

    @Test
    void romMayBeAFileBesideTheTopology() throws IOException {
        Files.write(directory.resolve("card.rom"), new byte[] {0x55, (byte) 0xaa, 1, 2, 3});
        plug("rom: {size: 2K, file: card.rom}");
        RegionOperations rom = function.side().rom();
        assertEquals(5, rom.size());
        byte[] read = new byte[5];
        for (int i = 0; i < read.length; i++) {
            read[i] = (byte) rom.read(i, 1);
        }
        assertArrayEquals(new byte[] {0x55, (byte) 0xaa, 1, 2, 3}, read);
        assertEquals(0xffffff03, (int) rom.read(4, 4), "nothing is behind the image");
    }

    @Test
    void romMayBeUnreadable() {
        plug("rom: {size: 64K, image: 0}");
        assertNull(function.side().rom());
        assertEquals(65536, function.side().romSize());
    }

    @Test
    void shadowOfARomHasNoBar() {
        plug("rom: {shadow: true, image: 4K}");
        assertTrue(function.side().romShadowed());
        assertEquals(0, function.side().romSize());
        config.write(ROM_BAR, 4, -1);
        assertEquals(0, config.read(ROM_BAR, 4));
        checkImage(function.side().rom(), 4096);
    }

    @Test
    void atomicsAreTheRegistersOfTheirOperands() {
        plug("capabilities: [{pcie: {atomics: 32 128}}]");
        int pcie = config.read(0x34, 1);
        assertEquals(0x280, config.read(pcie + 0x24, 2) & 0x3c0);
        config.write(pcie + 0x28, 2, 0xff);
        assertEquals(0x5f, config.read(pcie + 0x28, 2), "requests are enabled; an endpoint blocks none");
    }

    @Test
    void functionWithoutARomHasNoBitsForIt() {
        plug("numa: 0");
        config.write(ROM_BAR, 4, -1);
        assertEquals(0, config.read(ROM_BAR, 4));
        assertEquals(0, function.side().romSize());
        assertNull(function.side().rom());
        assertNull(function.side().vga());
    }

    @Test
    void vgaAddressesAreMemory() {
        plug("vga: true");
        RegionOperations vga = function.side().vga();
        vga.write(0xa0000, 4, 0xcafe);
        vga.write(0xbffff, 1, 7);
        vga.write(0x3c0, 1, 9);
        assertEquals(0xcafe, function.side().vga().read(0xa0000, 4));
        assertEquals(7, vga.read(0xbffff, 1));
        assertEquals(9, vga.read(0x3c0, 1));
    }

    @Test
    void portsHaveRegisters() {
        plug("bars: {0: 32 io, 1: 4K}");
        function.side().bar(0).write(28, 4, 0x12345678);
        assertEquals(0x12345678, function.side().bar(0).read(28, 4));
        assertEquals(0, function.side().bar(1).read(28, 4));
        assertEquals(32, function.side().bar(0).size());
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> function.side().bar(2)).errno());
        assertSame(function.barMemory(1), function.side().bar(1).memory());
    }

    @Test
    void reportedErrorIsInItsRegistersAndTold() {
        plug("capabilities: [pcie, aer]");
        listen();
        bus.reportError(function.address());
        int express = ChainWalk.standard(config).get(0x10);
        int aer = ChainWalk.extended(config).get(1);
        assertEquals(1 << 22, config.read(aer + 4, 4));
        assertEquals(22, config.read(aer + 0x18, 4) & 0x1f, "the first error pointer");
        assertEquals(4, config.read(express + 0xa, 2), "fatal");
        assertEquals(List.of("error"), told);
        config.write(aer + 4, 4, 1 << 22);
        config.write(express + 0xa, 2, 4);
        assertEquals(0, config.read(aer + 4, 4));
        assertEquals(0, config.read(express + 0xa, 2));
        config.write(aer + 0xc, 4, 0);
        bus.reportError(function.address());
        assertEquals(2, config.read(express + 0xa, 2), "not fatal, as its severity says");
    }

    @Test
    void maskedErrorIsLatchedButNotTold() {
        plug("capabilities: [pcie, aer]");
        listen();
        int aer = ChainWalk.extended(config).get(1);
        config.write(aer + 8, 4, 1 << 22);
        bus.reportError(function.address());
        assertEquals(1 << 22, config.read(aer + 4, 4));
        assertEquals(List.of(), told);
    }

    @Test
    void wakeUpSetsPmeStatus() {
        plug("capabilities: [pm]");
        listen();
        int control = ChainWalk.standard(config).get(1) + 4;
        config.write(control, 2, 0x103);
        bus.wakeUp(function.address());
        assertEquals(0x810b, config.read(control, 2));
        assertEquals(List.of("wake"), told);
        config.write(control, 2, 0x8103);
        assertEquals(0x010b, config.read(control, 2));
    }

    @Test
    void functionWithoutCapabilitiesReportsAllTheSame() {
        plug("numa: 0");
        bus.reportError(function.address());
        bus.wakeUp(function.address());
        listen();
        bus.reportError(function.address());
        bus.wakeUp(function.address());
        assertEquals(List.of("error", "wake"), told);
    }
}
