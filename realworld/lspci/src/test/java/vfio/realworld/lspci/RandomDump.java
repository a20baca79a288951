// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.lspci;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.snapshot.FunctionSnapshot;

/** Functions whose capabilities have any bits, the same in every run: what no machine at hand has set is set here. */
final class RandomDump {
    /** All that lspci knows but Enhanced Allocation and the null one: entries of any size lead it past the end. */
    private static final int[] STANDARD = {0x01, 0x02, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e,
        0x0f, 0x11, 0x12, 0x13, 0x1e};
    private static final int[] EXTENDED = {0x01, 0x02, 0x03, 0x04, 0x0b, 0x0d, 0x0e, 0x0f, 0x10, 0x12, 0x13, 0x18, 0x19,
        0x1b, 0x1d, 0x1e, 0x1f, 0x23, 0x2e, 0x25, 0xbeef};
    private static final int[] PORTS = {0, 1, 4, 5, 6, 7, 8, 9, 10};
    private static final int ROOM = 0x48;

    private final Random random;

    RandomDump(long seed) {
        random = new Random(seed);
    }

    List<FunctionSnapshot> functions(int count) {
        List<FunctionSnapshot> functions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] config = config();
            DeviceKey key = new DeviceKey(0x1b36, 0x000b, 0, 0, 0x020000);
            PciAddress place = new PciAddress(0, 0, i >> 3 & 0x1f, i & 7).withRoutingId(i);
            functions.add(new FunctionSnapshot(place, key, config[8] & 0xff, List.of(), null, null, config));
        }
        return functions;
    }

    private byte[] config() {
        byte[] config = new byte[4096];
        header(config);
        int at = 0x40;
        int express = 0x40;
        put(config, express, 2, 0x10);
        put(config, express + 2, 2, random.nextInt(3) | PORTS[random.nextInt(PORTS.length)] << 4 | random.nextInt(64) << 8);
        fill(config, express + 4, express + 0x3c);
        at = 0x7c;
        int link = express + 1;
        while (at < 0xc0) {
            int id = STANDARD[random.nextInt(STANDARD.length)];
            fill(config, at + 2, Math.min(0x100, at + ROOM));
            put(config, at, 2, id);
            put(config, link, 1, at);
            link = at + 1;
            at += 0x1c + 4 * random.nextInt(8);
        }
        extended(config);
        return config;
    }

    private void header(byte[] config) {
        fill(config, 0x04, 0x10);
        int type = random.nextInt(2);
        fill(config, 0x18, type == 1 ? 0x34 : 0x18);
        put(config, 0x00, 4, 0x000b1b36);
        put(config, 0x06, 2, random.nextInt(0x10000) | 0x10);
        put(config, 0x08, 4, random.nextInt(256) | (type == 0 ? 0x020000 : 0x060400) << 8);
        put(config, 0x0e, 1, type | random.nextInt(2) << 7);
        if (type == 1) {
            // Base and limit of a window have one type.
            put(config, 0x1c, 2, random.nextInt(0x10000) & 0xf0f0 | 0x0101 * random.nextInt(2));
            put(config, 0x20, 4, random.nextInt() & 0xfff0fff0);
            put(config, 0x24, 4, random.nextInt() & 0xfff0fff0 | 0x10001 * random.nextInt(2));
            put(config, 0x3e, 2, random.nextInt(0x10000));
        } else {
            put(config, 0x2c, 4, random.nextInt());
            put(config, 0x3e, 2, random.nextInt(0x10000));
        }
        put(config, 0x34, 1, 0x40);
        put(config, 0x3c, 2, random.nextInt(0x80) | random.nextInt(5) << 8);
    }

    private void extended(byte[] config) {
        int last = 0;
        for (int at = 0x100; at < 0x400; at += 0x80) {
            int id = EXTENDED[random.nextInt(EXTENDED.length)];
            fill(config, at + 4, at + 0x60);
            put(config, at, 4, id | (1 + random.nextInt(14)) << 16);
            if (last != 0) {
                put(config, last + 2, 2, config[last + 2] & 0xf | at << 4);
            }
            legal(config, id, at);
            last = at;
        }
    }

    /** Where lspci's arithmetic has no meaning for reserved values. */
    private void legal(byte[] config, int id, int at) {
        switch (id) {
            case 0x18 -> put(config, at + 4, 4, 0x03ff03ff & random.nextInt() | random.nextInt(6) << 10
                    | random.nextInt(6) << 26);
            case 0x02 -> config[at + 4] &= (byte) 0xf9;
            case 0x12 -> put(config, at + 4, 2, random.nextInt(0x10000) & 0x9e3f);
            case 0x23 -> put(config, at + 4, 2, 0x8086);
            default -> { }
        }
    }

    private void fill(byte[] config, int from, int to) {
        for (int i = from; i < to; i++) {
            config[i] = (byte) random.nextInt(256);
        }
    }

    private static void put(byte[] config, int offset, int width, int value) {
        for (int i = 0; i < width; i++) {
            config[offset + i] = (byte) (value >> 8 * i);
        }
    }
}
