// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fake;

import static vfio.pci.core.fake.HardwareImage.body;

import java.util.List;
import vfio.core.SharedMemory;
import vfio.core.device.MemoryRegion;
import vfio.pci.core.id.DeviceKey;

/** A function of raw hardware: two BARs of memory, of which the second has an MSI-X table, ports, a ROM, PM and FLR. */
public final class FakeCard extends FakeFunction {
    public static final int BAR0 = 8192;
    public static final int TABLE_BAR = 2;
    public static final int PORTS = 4;

    public final HardwareImage image;
    public final FakeLines lines;
    /** Where the capabilities are. */
    public final int pm;
    public final int express;

    public FakeCard() {
        this(0x020000);
    }

    public FakeCard(int classCode) {
        this(classCode, 4096);
    }

    public FakeCard(int classCode, int configSize) {
        super("0000:01:00.0", new DeviceKey(0x15b3, 0x101e, 0x15b3, 0x51, classCode));
        lines = new FakeLines();
        raw = new FakeHardware(lines, BAR0, 0, 4096, 0, 32);
        bars = List.of(new Bar(0, BAR0, false, true, true), new Bar(TABLE_BAR, 4096, false, false, false),
                new Bar(PORTS, 32, true, false, false));
        SharedMemory rom = SharedMemory.ofProcess(100);
        rom.window(0).putInt(0, 0x1234aa55);
        raw.rom = new MemoryRegion(rom);
        raw.romSize = 0x10000;
        onVirtualFunctions = count -> { };
        image = new HardwareImage(configSize);
        image.u32(0x10, 0xe000000c).rw(0x10, 8, -1).u32(0x18, 0xfe000000).rw(0x18, 4, -1).u32(0x20, 0xc001).rw(0x20, 4, -1);
        pm = image.standard(0x01, body(6, 0, 3));
        image.rw(pm + 4, 2, 3);
        express = image.standard(0x10, body(0x32, 0, 2, 4, 1 << 12));
        image.rw(express + 8, 2, 0x7fff);
        image.standard(0x11, body(10, 0, 3, 2, 0x0802));
        image.standard(0x05, body(8, 0, 0x0086));
        config = image;
    }

    public int command() {
        return image.get(4, 2);
    }

    public int powerState() {
        return image.get(pm + 4, 2) & 3;
    }

    /** How often a function level reset was asked for. */
    public long resets() {
        return image.writes.stream().filter(write -> write.startsWith("%x+2=".formatted(express + 8))
                && (Integer.parseInt(write.substring(write.indexOf('=') + 1), 16) & 0x8000) != 0).count();
    }
}
