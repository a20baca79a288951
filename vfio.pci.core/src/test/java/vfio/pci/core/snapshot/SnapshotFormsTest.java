// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.snapshot.FunctionSnapshot.BarSnapshot;

class SnapshotFormsTest {
    private static final DeviceKey KEY = new DeviceKey(0x8086, 0x10d3, 0x8086, 0xa01f, 0x020000);

    @TempDir
    private Path directory;

    /** With a 64-bit BAR at 1fe000000h, ports at e020h, a ROM that is disabled, and INTA on line 11. */
    private static FunctionSnapshot function(String address, Integer numa, Integer group) {
        byte[] config = new byte[256];
        put(config, 0x00, 0x10d38086);
        put(config, 0x10, 0xfe00000c);
        put(config, 0x14, 1);
        put(config, 0x18, 0x0000e021);
        put(config, 0x30, 0xfb000000);
        put(config, 0x3c, 0x0000010b);
        List<BarSnapshot> bars = List.of(new BarSnapshot(0, 1 << 20, false, true, true),
                new BarSnapshot(2, 32, true, false, false), new BarSnapshot(3, 4096, false, false, false));
        return new FunctionSnapshot(PciAddress.parse(address), KEY, 0x0f, bars, numa, group, config);
    }

    private static void put(byte[] config, int offset, int value) {
        for (int i = 0; i < 4; i++) {
            config[offset + i] = (byte) (value >> 8 * i);
        }
    }

    @Test
    void dumpsAreLspcis() {
        String text = function("01:00.0", null, null).dump() + function("10000:01:00.1", null, null).dump();
        List<String> lines = text.lines().toList();
        assertEquals("0000:01:00.0 Class 0200: 8086:10d3 (rev 0f)", lines.get(0));
        assertEquals("00: 86 80 d3 10 00 00 00 00 00 00 00 00 00 00 00 00", lines.get(1));
        assertEquals("f0: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", lines.get(16));
        assertEquals("", lines.get(17));
        assertEquals("10000:01:00.1 Class 0200: 8086:10d3 (rev 0f)", lines.get(18));
        assertEquals(36, lines.size());
    }

    @Test
    void treesAreSysfss() throws IOException {
        Path root = directory.resolve("tree");
        FunctionSnapshot function = function("01:00.0", 1, 7);
        FunctionSnapshot.writeTree(List.of(function), root);
        Path device = root.resolve("bus/pci/devices/0000:01:00.0");
        assertArrayEquals(function.config(), Files.readAllBytes(device.resolve("config")));
        for (String expected : List.of("vendor 0x8086", "device 0x10d3", "subsystem_vendor 0x8086",
                "subsystem_device 0xa01f", "class 0x020000", "revision 0x0f", "irq 11", "numa_node 1", "modalias " + KEY)) {
            String file = expected.substring(0, expected.indexOf(' '));
            assertEquals(expected.substring(file.length() + 1) + "\n", Files.readString(device.resolve(file)));
        }
        assertEquals("7", device.resolve("iommu_group").toRealPath().getFileName().toString());
        assertEquals("""
                0x00000001fe000000 0x00000001fe0fffff 0x000000000014220c
                0x0000000000000000 0x0000000000000000 0x0000000000000000
                0x000000000000e020 0x000000000000e03f 0x0000000000040101
                0x0000000000000000 0x0000000000000fff 0x0000000000040200
                0x0000000000000000 0x0000000000000000 0x0000000000000000
                0x0000000000000000 0x0000000000000000 0x0000000000000000
                0x00000000fb000000 0x00000000fb000000 0x0000000000004200
                """, Files.readString(device.resolve("resource")));
    }

    @Test
    void whatIsUnknownIsLeftOut() throws IOException {
        FunctionSnapshot.writeTree(List.of(function("01:00.0", null, null)), directory);
        Path device = directory.resolve("bus/pci/devices/0000:01:00.0");
        assertFalse(Files.exists(device.resolve("iommu_group")));
        assertEquals("-1\n", Files.readString(device.resolve("numa_node")));
    }

    @Test
    void nothingIsOverwritten() throws IOException {
        Files.writeString(directory.resolve("mine"), "");
        assertThrows(FileAlreadyExistsException.class, () -> FunctionSnapshot.writeTree(List.of(), directory));
        assertThrows(NoSuchFileException.class, () -> FunctionSnapshot.writeTree(List.of(), directory.resolve("no/such")));
        assertFalse(Files.exists(directory.resolve("bus")));
    }

    @Test
    void snapshotsDoNotChange() {
        FunctionSnapshot function = function("01:00.0", null, null);
        function.config()[0] = 0;
        assertEquals(0x86, function.register(0, 1));
        assertTrue(function.register(0x10, 8) == 0x1fe00000cL);
    }
}
