// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import vfio.pci.core.fake.HardwareImage;

/**
 * A simple model of one function's configuration space: two masks a byte, written down from VFIO's rules as literals, and by
 * name the few registers that do something. It knows nothing of the code that it is compared with.
 */
final class ReferenceConfig {
    static final int PM = 0x40;
    static final int MSI = 0x48;
    static final int VENDOR = 0x60;
    static final int EXPRESS = 0x70;
    static final int MSIX = 0xa4;
    static final int HIDDEN = 0xb0;
    static final int VPD = 0xbc;
    static final int AF = 0xc4;
    static final int PCIX = 0xcc;
    static final int CLAIMED = 0xe9;
    static final int BAR0 = 0xe000000c;
    static final int BAR2 = 0xfe000000;

    /** Owner, start, length; the later one wins. What has no owner is raw. */
    private static final int[][] OWNERS = {{1, 0, 0x40}, {2, PM, 8}, {3, MSI, 24}, {4, VENDOR, 16}, {5, EXPRESS, 0x34},
        {6, MSIX, 12}, {7, VPD, 8}, {8, AF, 6}, {9, PCIX, 24}, {10, CLAIMED, 2}, {11, 0x100, 0x2c}, {12, 0x134, 32},
        {13, 0x154, 12}};

    /** Position, width, bits that are not the hardware's, bits that are the user's. */
    private static final int[][] ROWS = {{0, 4, -1, 0}, {4, 2, 0x0400, 0xffff}, {6, 2, 0x0010, 0}, {0xc, 1, 0, 0xff},
        {0xd, 1, 0, 0xff}, {0xf, 1, 0, 0xff}, {0x10, 4, -1, -1}, {0x14, 4, -1, -1}, {0x18, 4, -1, -1}, {0x1c, 4, -1, -1},
        {0x20, 4, -1, -1}, {0x24, 4, -1, -1}, {0x30, 4, -1, -1}, {0x34, 1, 0xff, 0},
        {0x3c, 1, 0xff, 0xff}, {0x3d, 1, 0xff, 0},
        {PM, 4, 0xf800ffff, 0}, {PM + 4, 4, 0x8100, 0xffff7efc},
        {MSI, 4, 0xffffff, 0xff0000}, {MSI + 4, 4, -1, -1}, {MSI + 8, 4, -1, -1}, {MSI + 12, 2, 0xffff, 0xffff},
        {MSI + 16, 4, 0, -1}, {MSI + 20, 4, 0, -1},
        {VENDOR, 4, 0xffff, 0xffff0000}, {VENDOR + 4, 4, 0, -1}, {VENDOR + 8, 4, 0, -1}, {VENDOR + 12, 4, 0, -1},
        {EXPRESS, 2, 0xffff, 0}, {EXPRESS + 8, 2, 0xf0e0, 0xfdff}, {EXPRESS + 0x28, 2, 0, 0xffdf},
        {MSIX, 2, 0xffff, 0},
        {VPD, 2, 0xffff, 0}, {VPD + 2, 2, 0xffff, 0xffff}, {VPD + 4, 4, -1, -1},
        {AF, 2, 0xffff, 0}, {AF + 4, 1, 1, 1},
        {PCIX, 2, 0xffff, 0}, {PCIX + 2, 2, 0, 0xffff}, {PCIX + 8, 4, 0, -1},
        {CLAIMED, 1, 0xff, 0xff}, {CLAIMED + 1, 1, 0xff, 0xff},
        {0x100, 4, -1, 0}, {0x104, 4, 0, 0x03fff031}, {0x108, 4, 0, 0x03fff031}, {0x10c, 4, 0, 0x03fff031},
        {0x110, 4, 0, 0xf1c1}, {0x114, 4, 0, 0xf1c1}, {0x118, 4, 0, 0x0140},
        {0x134, 4, -1, 0}, {0x138, 4, 0, -1}, {0x13c, 4, 0, -1}, {0x140, 4, 0, -1}, {0x144, 4, 0, -1}, {0x148, 4, 0, -1},
        {0x14c, 4, 0, -1}, {0x150, 4, 0, -1},
        {0x154, 4, -1, 0}};

    /** Position, mask and fixed bits of what a user finds in a BAR. */
    private static final int[][] BARS = {{0x10, 0xfff00000, 0xc}, {0x14, -1, 0}, {0x18, 0xfffff000, 0}, {0x1c, 0, 0},
        {0x20, 0, 0}, {0x24, 0, 0}, {0x30, 0xffff0001, 0}};

    final HardwareImage hardware;
    final List<String> acts = new ArrayList<>();
    boolean msi;
    int qmax;
    int power;
    private final int[] owners = new int[4096];
    private final byte[] virtual = new byte[4096];
    private final byte[] written = new byte[4096];
    private final byte[] shadow;
    private boolean intxMasked;

    ReferenceConfig(HardwareImage hardware) {
        this.hardware = hardware;
        Arrays.fill(written, (byte) 0xff);
        for (int[] owner : OWNERS) {
            Arrays.fill(owners, owner[1], owner[1] + owner[2], owner[0]);
            Arrays.fill(written, owner[1], owner[1] + owner[2], (byte) 0);
        }
        for (int[] row : ROWS) {
            set(virtual, row[0], row[1], row[2]);
            set(written, row[0], row[1], row[3]);
        }
        shadow = hardware.copy();
        shadow[PM + 3] &= 0x07;
        shadow[PM + 5] = 0;
        set(shadow, MSIX + 1, 1, VPD); // the hidden one is behind it
        set(shadow, 0x100, 4, 0x13410001); // here too
        set(shadow, CLAIMED, 2, 0);
    }

    boolean memoryEnabled() {
        return power < 3 && (shadow[4] & 2) != 0;
    }

    int read(int at, int width) {
        for (int[] bar : BARS) {
            set(shadow, bar[0], 4, get(shadow, bar[0], 4) & bar[1] | bar[2]);
        }
        if (at <= MSI + 2 && at + width > MSI + 2) {
            shadow[MSI + 2] = (byte) (shadow[MSI + 2] & ~0xe | qmax << 1);
        }
        int mask = get(virtual, at, width);
        return hardware.get(at, width) & ~mask | get(shadow, at, width) & mask;
    }

    /** In natural pieces of one owner. */
    void write(int at, int width, int value) {
        boolean one = true;
        for (int i = 1; i < width; i++) {
            one &= owners[at + i] == owners[at];
        }
        if (!one) {
            write(at, width / 2, value);
            write(at + width / 2, width / 2, value >>> 4 * width);
            return;
        }
        int piece = width == 4 ? value : value & (1 << 8 * width) - 1;
        switch (owners[at]) {
            case 1 -> header(at, width, piece);
            case 2 -> power(at, width, piece);
            case 3 -> msi(at, width, piece);
            case 5 -> express(at, width, piece);
            case 7 -> vpd(at, width, piece);
            case 8 -> features(at, width, piece);
            default -> plain(at, width, piece);
        }
    }

    /** What is beside the bits that change is written back. */
    private void plain(int at, int width, int value) {
        int kept = get(virtual, at, width);
        int users = get(written, at, width);
        set(shadow, at, width, get(shadow, at, width) & ~(kept & users) | value & kept & users);
        int mask = users & ~kept;
        for (int i = 0; i < width && mask != 0; i++) {
            int merged = hardware.get(at + i, 1) & ~(mask >>> 8 * i) | (value & mask) >>> 8 * i;
            hardware.write(at + i, 1, merged & 0xff);
        }
    }

    private void header(int at, int width, int value) {
        if (at == 4) {
            acts.add("lock");
            if ((value & 2) == 0) {
                acts.add("zap");
            }
            boolean lost = (value & shadow[4] & ~hardware.get(4, 1) & 3) != 0;
            if (lost || hardware.get(0x10, 4) != BAR0 || hardware.get(0x18, 4) != BAR2) {
                for (int[] bar : BARS) {
                    hardware.write(bar[0], 4, bar[0] == 0x10 ? BAR0 : bar[0] == 0x18 ? BAR2 : 0);
                }
            }
        }
        plain(at, width, value);
        if (at == 4) {
            shadow[4] = (byte) (shadow[4] & ~3 | value & 3);
            acts.add("unlock");
        }
        boolean mask = (shadow[5] & 4) != 0;
        if ((at == 4 || at == 5) && mask != intxMasked) {
            intxMasked = mask;
            acts.addAll(mask ? List.of("mask") : List.of("enable", "unmask"));
        }
    }

    private void power(int at, int width, int value) {
        plain(at, width, value);
        if (at == PM + 4) {
            power = value & 3;
            acts.addAll(power == 3 ? List.of("lock", "zap", "D3", "unlock") : List.of("lock", "D" + power, "unlock"));
        }
    }

    private void msi(int at, int width, int value) {
        plain(at, width, value);
        if (at <= MSI + 2 && at + width > MSI + 2) {
            int flags = shadow[MSI + 2] & (msi ? 0xff : 0xfe);
            int vectors = Math.min(flags >> 4 & 7, qmax);
            shadow[MSI + 2] = (byte) (flags & 0x8f | vectors << 4);
            hardware.write(MSI + 2, 1, shadow[MSI + 2] & 0xff);
        }
    }

    private void express(int at, int width, int value) {
        int request = shadow[EXPRESS + 9] >> 4 & 7;
        plain(at, width, value);
        if (shadow[EXPRESS + 9] < 0) {
            shadow[EXPRESS + 9] &= 0x7f;
            reset((hardware.get(EXPRESS + 7, 1) & 0x10) != 0);
        }
        int wanted = shadow[EXPRESS + 9] >> 4 & 7;
        int control = hardware.get(EXPRESS + 8, 2);
        int size = Math.max(128 << wanted, 128 << (control >> 5 & 7));
        if (wanted != request && size <= 4096) {
            int code = Integer.numberOfTrailingZeros(size / 128);
            hardware.write(EXPRESS + 9, 1, control >> 8 & 0x8f | code << 4);
        }
    }

    private void vpd(int at, int width, int value) {
        plain(at, width, value);
        int address = get(shadow, VPD + 2, 2);
        if (at > VPD + 3 || at + width <= VPD + 3 || address > 0x8000 && (address & 3) != 0) {
            return;
        }
        if (address < 0x8000) {
            byte[] product = new byte[8];
            for (int next = address & ~3; next < address + 4 && next < 0x8000; next += 4) {
                hardware.write(VPD + 2, 2, next);
                set(product, next - (address & ~3), 4, hardware.get(VPD + 4, 4));
            }
            System.arraycopy(product, address & 3, shadow, VPD + 4, 4);
        } else {
            hardware.write(VPD + 4, 4, get(shadow, VPD + 4, 4));
            hardware.write(VPD + 2, 2, address);
        }
        shadow[VPD + 3] ^= (byte) 0x80;
    }

    private void features(int at, int width, int value) {
        plain(at, width, value);
        if ((shadow[AF + 4] & 1) != 0) {
            shadow[AF + 4] = 0;
            reset((hardware.get(AF + 3, 1) & 3) == 3);
        }
    }

    private void reset(boolean able) {
        acts.addAll(able ? List.of("lock", "zap", "reset", "unlock") : List.of());
    }

    private static int get(byte[] bytes, int at, int width) {
        int value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << 8 | bytes[at + i] & 0xff;
        }
        return value;
    }

    private static void set(byte[] bytes, int at, int width, int value) {
        for (int i = 0; i < width; i++) {
            bytes[at + i] = (byte) (value >>> 8 * i);
        }
    }
}
