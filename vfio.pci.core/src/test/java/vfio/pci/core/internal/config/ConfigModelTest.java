// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static vfio.pci.core.internal.config.HardwareImage.body;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import vfio.pci.core.PciFunction.Bar;

/**
 * Random accesses to a function with many capabilities, beside a model that knows nothing but two masks a byte, written from
 * VFIO's rules as literals, and the few registers that do something.
 */
class ConfigModelTest {
    private static final int STEPS = 12_000;
    private static final List<Bar> BARS = List.of(new Bar(0, 1 << 20, false, true, true), new Bar(2, 4096, false, false, false));

    private final HardwareImage hardware = new HardwareImage(4096);
    private final byte[] virt = new byte[4096];
    private final byte[] write = new byte[4096];
    private byte[] shadow;
    private HardwareImage twin;
    private int msi;

    private void row(int at, int width, long virtual, long writable) {
        for (int i = 0; i < width; i++) {
            virt[at + i] = (byte) (virtual >>> 8 * i);
            write[at + i] = (byte) (writable >>> 8 * i);
        }
    }

    private void lay(HardwareImage image) {
        image.u32(0x10, 0xe000000c).rw(0x10, 4, 0xfff00000).rw(0x14, 4, -1).u32(0x18, 0xfe000000).rw(0x18, 4, 0xfffff000);
        int pm = image.standard(0x01, body(6, 0, 0xfe03, 2, 0x0008));
        image.rw(pm + 4, 2, 0x1f00).clear(pm + 4, 2, 0x8000);
        msi = image.standard(0x05, body(22, 0, 0x018a));
        image.rw(msi + 2, 2, 0x71).rw(msi + 16, 4, 0x1f).rw(msi + 4, 8, -1);
        int vendor = image.standard(0x09, body(14, 0, 16));
        image.rw(vendor + 4, 12, -1);
        int express = image.standard(0x10, body(0x32, 0, 2, 6, 0x2810));
        image.rw(express + 8, 2, 0x7fff).clear(express + 10, 2, 0xf).rw(express + 0x10, 2, 0xffff).rw(express + 0x28, 2, 0xffff);
        int msix = image.standard(0x11, body(10, 0, 0x003f));
        image.rw(msix + 2, 2, 0xc000);
        image.standard(0x14, body(10, 0, 0x7777));
        image.rw(0xf0, 8, 0x0f0f0f0f);
        int aer = image.extended(0x01, body(0x28));
        image.clear(aer + 4, 4, 0x03fff031).rw(aer + 8, 8, -1).clear(aer + 0x10, 4, 0xf1c1).rw(aer + 0x14, 8, -1);
        image.extended(0x1b, body(4, 0, 0x1100));
        int vsec = image.extended(0x0b, body(28, 0, 0x1234, 2, 0x0200));
        image.rw(vsec + 4, 28, -1);
        image.extended(0x03, body(8, 0, 0x5566));
        image.rw(0x800, 64, 0x33333333);
    }

    /** The rules, capability by capability. */
    private void rules() {
        Arrays.fill(write, (byte) 0xff);
        row(0x00, 4, 0xffffffffL, 0);
        row(0x04, 2, 0x0400, 0xffff);
        row(0x06, 2, 0x0010, 0);
        row(0x08, 4, 0, 0);
        row(0x0e, 1, 0, 0);
        for (int at = 0x10; at < 0x28; at += 4) {
            row(at, 4, 0xffffffffL, 0xffffffffL);
        }
        row(0x28, 4, 0, 0);
        row(0x2c, 4, 0, 0);
        row(0x30, 4, 0xffffffffL, 0xffffffffL);
        row(0x34, 1, 0xff, 0);
        row(0x35, 3, 0, 0);
        row(0x38, 4, 0, 0);
        row(0x3c, 2, 0xffff, 0x00ff);
        row(0x3e, 2, 0, 0);
        capability(0x40, 8);
        row(0x42, 2, 0xf800, 0);
        row(0x44, 4, 0x8100, 0xffff7efcL);
        capability(msi, 24);
        row(msi + 2, 1, 0xff, 0xff);
        row(msi + 4, 8, -1, -1);
        row(msi + 12, 2, 0xffff, 0xffff);
        row(msi + 16, 8, 0, -1);
        capability(0x60, 16);
        row(0x62, 8, 0, -1);
        row(0x6a, 6, 0, -1);
        capability(0x70, 0x34);
        row(0x78, 2, 0xf0e0, 0xfdff);
        row(0x98, 2, 0, 0xffdf);
        capability(0xa4, 12);
        extended(0x100, 0x2c);
        for (int at = 4; at <= 12; at += 4) {
            row(0x100 + at, 4, 0, 0x03fff031);
        }
        row(0x110, 4, 0, 0xf1c1);
        row(0x114, 4, 0, 0xf1c1);
        row(0x118, 4, 0, 0x0140);
        extended(0x134, 32);
        for (int at = 4; at < 32; at += 4) {
            row(0x134 + at, 4, 0, -1);
        }
        extended(0x154, 12);
    }

    private void capability(int at, int length) {
        Arrays.fill(write, at, at + length, (byte) 0);
        row(at, 2, 0xffff, 0);
    }

    private void extended(int at, int length) {
        Arrays.fill(write, at, at + length, (byte) 0);
        row(at, 4, -1, 0);
    }

    /** What the shadow begins with: the hardware's values, but what is hidden or not the user's. */
    private void begin() {
        shadow = hardware.copy();
        shadow[0x43] &= 0x07; // PME support
        shadow[0x45] = 0; // PME enable and status
        shadow[0xa5] = 0; // the hidden capability behind MSI-X
        int header = hardware.get(0x100, 4) & 0xfffff | 0x134 << 20;
        for (int i = 0; i < 4; i++) {
            shadow[0x100 + i] = (byte) (header >>> 8 * i);
        }
    }

    private int modelRead(int at) {
        settleBars();
        if (at == msi + 2) {
            shadow[at] = (byte) (shadow[at] & ~0xe | 2 << 1);
        }
        return (twin.values[at] & ~virt[at] | shadow[at] & virt[at]) & 0xff;
    }

    private void settleBars() {
        keep(0x10, 0xfff00000, 0xc);
        keep(0x14, -1, 0);
        keep(0x18, 0xfffff000, 0);
        keep(0x1c, 0, 0);
        keep(0x20, 0, 0);
        keep(0x24, 0, 0);
        keep(0x30, 0xffff0001, 0);
    }

    private void keep(int at, int mask, int flags) {
        for (int i = 0; i < 4; i++) {
            shadow[at + i] = (byte) (shadow[at + i] & mask >>> 8 * i | flags >>> 8 * i);
        }
    }

    /** Byte by byte, and then what the written registers do. */
    private void modelWrite(int at, int width, int value) {
        boolean requestSize = at <= 0x79 && at + width > 0x79;
        int before = shadow[0x79] & 0x70;
        for (int i = 0; i < width; i++) {
            int wrote = value >>> 8 * i;
            shadow[at + i] = (byte) (shadow[at + i] & ~(write[at + i] & virt[at + i]) | wrote & write[at + i] & virt[at + i]);
        }
        for (int i = 0; i < width; i++) {
            int allowed = write[at + i] & ~virt[at + i] & 0xff;
            if (halfChanges(at, width, i)) {
                int merged = twin.values[at + i] & ~allowed | value >>> 8 * i & allowed;
                twin.write(at + i, 1, merged & 0xff);
            }
        }
        if (at <= msi + 2 && at + width > msi + 2) {
            shadow[msi + 2] &= ~1;
            if ((shadow[msi + 2] >> 4 & 7) > 2) {
                shadow[msi + 2] = (byte) (shadow[msi + 2] & ~0x70 | 0x20);
            }
            twin.write(msi + 2, 1, shadow[msi + 2] & 0xff);
        }
        if (requestSize && ((shadow[0x79] & 0x70) != before)) {
            int wanted = Math.max(shadow[0x79] >> 4 & 7, twin.get(0x78, 2) >> 5 & 7);
            if (wanted <= 5) {
                twin.write(0x79, 1, twin.get(0x79, 1) & ~0x70 | wanted << 4);
            }
        }
    }

    /** A half of a dword of which nothing may change is not written at all: it may hold bits that a written one clears. */
    private boolean halfChanges(int at, int width, int i) {
        int from = width == 4 ? i & 2 : 0;
        boolean changes = false;
        for (int j = 0; j < width; j++) {
            boolean allowed = (write[at + j] & ~virt[at + j]) != 0;
            changes |= allowed && (width < 4 || (j & 2) == from);
        }
        return changes;
    }

    @Property(tries = 3)
    void userAndHardwareAgreeWithTheModel(@ForAll long seed) {
        new ConfigModelTest().run(seed);
    }

    private void run(long seed) {
        lay(hardware);
        twin = new HardwareImage(4096);
        lay(twin);
        rules();
        begin();
        Enabled function = new Enabled();
        function.qmax = 2;
        VirtualConfig config = new VirtualConfig(hardware, new FunctionFacts(0x15b3, 0x101e, false, true, BARS, 0x10000), function);
        Random random = new Random(seed);
        for (int step = 0; step < STEPS; step++) {
            step(config, random, step);
        }
        assertArrayEquals(twin.values, hardware.values);
    }

    private void step(VirtualConfig config, Random random, int step) {
        int width = 1 << random.nextInt(3);
        int space = random.nextInt(4) == 0 ? 4096 : random.nextInt(3) == 0 ? 0x180 : 0xb0;
        int at = random.nextInt(space) & -width;
        if (random.nextBoolean()) {
            int value = safe(at, width, random.nextInt());
            config.write(at, width, value & LittleEndian.ones(width));
            modelWrite(at, width, value);
        }
        int expected = 0;
        for (int i = width - 1; i >= 0; i--) {
            expected = expected << 8 | modelRead(at + i);
        }
        assertEquals(expected, config.read(at, width), "step %d at %x+%d".formatted(step, at, width));
        for (int i = 0; i < width; i++) {
            assertEquals(twin.values[at + i], hardware.values[at + i], "step %d hardware at %x".formatted(step, at + i));
        }
    }

    /** Leaves memory and ports decoded and asks for no power state: those registers have tests of their own. */
    private int safe(int at, int width, int value) {
        int safe = value;
        for (int i = 0; i < width; i++) {
            safe |= at + i == 4 ? 3 << 8 * i : 0;
            safe &= at + i == 0x44 ? ~(3 << 8 * i) : -1;
            safe &= at + i == 0x79 ? ~(0x80 << 8 * i) : -1;
        }
        return safe;
    }
}
