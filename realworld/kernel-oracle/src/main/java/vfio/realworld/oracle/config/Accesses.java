// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_0;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_1;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_2;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_3;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_4;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_5;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_LINE;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import vfio.pci.core.internal.config.PermissionRow;

/**
 * Draws accesses from a seed: half of registers that the permission tables name, half anywhere. The first write what the
 * host has assigned, so that both sides have the same from then on.
 */
final class Accesses {
    private static final int[] WIDTHS = {1, 2, 4};
    private static final int[] ODD_WIDTHS = {3, 5, 6, 7, 8};
    private static final int[] ADDRESSES = {
        BASE_ADDRESS_0, BASE_ADDRESS_1, BASE_ADDRESS_2, BASE_ADDRESS_3, BASE_ADDRESS_4, BASE_ADDRESS_5, ROM_ADDRESS};
    /** PCI Express' Device Control, with its bit that resets the function, for a tenth of a second. */
    private static final String EXPRESS = "10+8";
    private static final String POWER = "01+4";
    /** In the upper byte. */
    private static final long RESET = 0x80;
    private static final int RARE = 40;

    private final Random random;
    private final List<PermissionRow> rows;
    private final int size;
    /** What is next before anything is drawn. */
    private final Deque<ConfigAccess> first = new ArrayDeque<>();
    private final int express;
    private final int power;

    Accesses(long seed, List<PermissionRow> rows, int size) {
        random = new Random(seed);
        this.rows = rows;
        this.size = size;
        express = position(EXPRESS);
        power = position(POWER);
        for (int position : ADDRESSES) {
            first.add(new ConfigAccess(position, 4, true, random.nextInt() & 0xffff_ffffL));
        }
        first.add(new ConfigAccess(INTERRUPT_LINE, 1, true, random.nextInt(256)));
    }

    private int position(String name) {
        return rows.stream().filter(row -> row.name().equals(name)).mapToInt(PermissionRow::position).findFirst().orElse(-1);
    }

    ConfigAccess next() {
        if (!first.isEmpty()) {
            return first.poll();
        }
        boolean odd = random.nextInt(25) == 0;
        int width = odd ? ODD_WIDTHS[random.nextInt(ODD_WIDTHS.length)] : WIDTHS[random.nextInt(WIDTHS.length)];
        int position = random.nextBoolean() ? architected() : anywhere();
        if (!odd && random.nextInt(20) > 0) {
            position &= -width;
        }
        return random.nextBoolean() ? new ConfigAccess(position, width, false, 0)
                : bounded(position, width, value());
    }

    private int architected() {
        PermissionRow row = rows.get(random.nextInt(rows.size()));
        return row.position() + random.nextInt(Math.min(row.width(), 16));
    }

    /** Some across the end. */
    private int anywhere() {
        return random.nextInt(50) == 0 ? size - 4 + random.nextInt(12) : random.nextInt(random.nextBoolean() ? 256 : size);
    }

    static long ones(int width) {
        return width == Long.BYTES ? -1 : (1L << Byte.SIZE * width) - 1;
    }

    private long value() {
        return switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> -1;
            case 2 -> 1L << random.nextInt(Long.SIZE);
            case 3 -> ~(1L << random.nextInt(Long.SIZE));
            default -> random.nextLong();
        };
    }

    /** Few resets: each takes the hardware its time. And one of a function in D0, see what {@link Known} has apart. */
    private ConfigAccess bounded(int position, int width, long value) {
        boolean control = express >= 0 && position <= express + 1 && position + width > express + 1;
        long reset = control ? RESET << Byte.SIZE * (express + 1 - position) : 0;
        if ((value & reset) == 0 || random.nextInt(RARE) > 0) {
            return new ConfigAccess(position, width, true, value & ~reset & ones(width));
        }
        ConfigAccess resetting = new ConfigAccess(position, width, true, value & ones(width));
        if (power < 0) {
            return resetting;
        }
        first.add(resetting);
        return new ConfigAccess(power, 2, true, 0);
    }
}
