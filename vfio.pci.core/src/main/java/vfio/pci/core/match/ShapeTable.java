// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.match;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import vfio.pci.core.DeviceKey;
import vfio.pci.core.PciDeviceId;

/**
 * Finds the entries that agree with a key. Entries with the same fields given have the same <em>shape</em>, and a shape
 * is a hash lookup: an entry agrees just where key and entry are equal under the shape's masks. So a lookup costs a few
 * probes whatever the number of entries, wildcard entries included.
 *
 * <p>Which shapes are worth a probe is itself looked up, by vendor and device, by vendor, and by device; shapes that give
 * neither are always tried. Immutable.
 */
final class ShapeTable {
    private static final int[] NONE = {};
    private static final int CLASS_BITS = 0xffffff;

    /** The fields a shape gives: 16 bits each of v, d, sv, sd in {@code ids}, 24 bits in {@code classes}. */
    private record Shape(long ids, int classes) {
        static Shape of(PciDeviceId id) {
            return new Shape(given(id.vendor()) << 48 | given(id.device()) << 32 | given(id.subvendor()) << 16
                    | given(id.subdevice()), id.classMask() & CLASS_BITS);
        }

        private static long given(int id) {
            return id == PciDeviceId.ANY ? 0 : 0xffff;
        }

        boolean givesVendor() {
            return ids >>> 48 != 0;
        }

        boolean givesDevice() {
            return (ids >>> 32 & 0xffff) != 0;
        }
    }

    private record Slot(int shape, long ids, int classCode) {
    }

    private final long[] shapeIds;
    private final int[] shapeClasses;
    private final int[] always;
    private final IntListMap byVendorDevice = new IntListMap();
    private final IntListMap byVendor = new IntListMap();
    private final IntListMap byDevice = new IntListMap();

    private final int mask;
    private final long[] slotIds;
    private final long[] slotRest; // shape above the class, plus one so that an empty slot is 0
    private final int[][] slotEntries;

    /** @param entries in the order in which their numbers are answered */
    ShapeTable(List<PciDeviceId> entries) {
        Map<Shape, Integer> shapes = new LinkedHashMap<>();
        Map<Slot, List<Integer>> slots = new HashMap<>();
        for (int number = 0; number < entries.size(); number++) {
            PciDeviceId id = entries.get(number);
            if (fitsHardware(id)) {
                Shape shape = Shape.of(id);
                int index = shapes.computeIfAbsent(shape, s -> shapes.size());
                slots.computeIfAbsent(new Slot(index, pack(id) & shape.ids, id.classCode() & shape.classes),
                        s -> new ArrayList<>(1)).add(number);
            }
        }
        shapeIds = shapes.keySet().stream().mapToLong(Shape::ids).toArray();
        shapeClasses = shapes.keySet().stream().mapToInt(Shape::classes).toArray();
        always = gates(new ArrayList<>(shapes.keySet()), slots.keySet());
        mask = Integer.highestOneBit(Math.max(8, slots.size() * 2)) * 2 - 1;
        slotIds = new long[mask + 1];
        slotRest = new long[mask + 1];
        slotEntries = new int[mask + 1][];
        slots.forEach(this::insert);
    }

    /** A function has 16-bit ids and a 24-bit class: an entry that asks for more agrees with none. */
    private static boolean fitsHardware(PciDeviceId id) {
        return fits(id.vendor()) && fits(id.device()) && fits(id.subvendor()) && fits(id.subdevice())
                && (id.classCode() & id.classMask() & ~CLASS_BITS) == 0;
    }

    private static boolean fits(int id) {
        return id == PciDeviceId.ANY || (id & ~0xffff) == 0;
    }

    private static long pack(PciDeviceId id) {
        return (id.vendor() & 0xffffL) << 48 | (id.device() & 0xffffL) << 32 | (id.subvendor() & 0xffffL) << 16
                | id.subdevice() & 0xffffL;
    }

    private int[] gates(List<Shape> shapes, Iterable<Slot> slots) {
        for (Slot slot : slots) {
            Shape shape = shapes.get(slot.shape);
            if (shape.givesVendor() && shape.givesDevice()) {
                byVendorDevice.add((int) (slot.ids >>> 32), slot.shape);
            } else if (shape.givesVendor()) {
                byVendor.add((int) (slot.ids >>> 48), slot.shape);
            } else if (shape.givesDevice()) {
                byDevice.add((int) (slot.ids >>> 32), slot.shape);
            }
        }
        return IntStream.range(0, shapes.size())
                .filter(i -> !shapes.get(i).givesVendor() && !shapes.get(i).givesDevice()).toArray();
    }

    private void insert(Slot slot, List<Integer> numbers) {
        long rest = rest(slot.shape, slot.classCode);
        int at = hash(slot.ids, rest) & mask;
        while (slotRest[at] != 0) {
            at = at + 1 & mask;
        }
        slotIds[at] = slot.ids;
        slotRest[at] = rest;
        slotEntries[at] = numbers.stream().mapToInt(Integer::intValue).toArray();
    }

    private static long rest(int shape, int classCode) {
        return (long) (shape + 1) << 24 | classCode;
    }

    private static int hash(long ids, long rest) {
        long mixed = (ids ^ rest * 0x9e3779b97f4a7c15L) * 0xbf58476d1ce4e5b9L;
        return (int) (mixed >>> 32);
    }

    /** Numbers of the agreeing entries, ascending. */
    int[] agreeing(DeviceKey key) {
        long ids = (long) key.vendor() << 48 | (long) key.device() << 32 | (long) key.subvendor() << 16 | key.subdevice();
        int[] found = NONE;
        found = tryShapes(byVendorDevice.get((int) (ids >>> 32)), ids, key.classCode(), found);
        found = tryShapes(byVendor.get(key.vendor()), ids, key.classCode(), found);
        found = tryShapes(byDevice.get(key.device()), ids, key.classCode(), found);
        return tryShapes(always, ids, key.classCode(), found);
    }

    private int[] tryShapes(int[] shapes, long ids, int classCode, int[] found) {
        int[] all = found;
        for (int shape : shapes) {
            int[] entries = entries(ids & shapeIds[shape], rest(shape, classCode & shapeClasses[shape]));
            if (entries.length > 0) {
                all = all.length == 0 ? entries : merge(all, entries);
            }
        }
        return all;
    }

    private int[] entries(long ids, long rest) {
        for (int at = hash(ids, rest) & mask; slotRest[at] != 0; at = at + 1 & mask) {
            if (slotRest[at] == rest && slotIds[at] == ids) {
                return slotEntries[at];
            }
        }
        return NONE;
    }

    private static int[] merge(int[] a, int[] b) {
        int[] merged = new int[a.length + b.length];
        for (int i = 0, j = 0, k = 0; k < merged.length; k++) {
            merged[k] = j == b.length || i < a.length && a[i] < b[j] ? a[i++] : b[j++];
        }
        return merged;
    }

    /** Open addressing from an int to a small set of ints; filled while the table is built, then only read. */
    private static final class IntListMap {
        private int[] keys = new int[16];
        private int[][] values = new int[16][];
        private int size;

        int[] get(int key) {
            int[] value = values[find(key)];
            return value == null ? NONE : value;
        }

        private int find(int key) {
            int at = key * 0x9e3779b9 >>> 7 & keys.length - 1;
            while (values[at] != null && keys[at] != key) {
                at = at + 1 & keys.length - 1;
            }
            return at;
        }

        void add(int key, int value) {
            int at = find(key);
            if (values[at] == null) {
                if (++size * 2 > keys.length) {
                    grow();
                    at = find(key);
                }
                keys[at] = key;
                values[at] = new int[] {value};
            } else if (Arrays.stream(values[at]).noneMatch(v -> v == value)) {
                values[at] = Arrays.copyOf(values[at], values[at].length + 1);
                values[at][values[at].length - 1] = value;
            }
        }

        private void grow() {
            int[] oldKeys = keys;
            int[][] oldValues = values;
            keys = new int[oldKeys.length * 2];
            values = new int[keys.length][];
            for (int i = 0; i < oldKeys.length; i++) {
                if (oldValues[i] != null) {
                    int at = find(oldKeys[i]);
                    keys[at] = oldKeys[i];
                    values[at] = oldValues[i];
                }
            }
        }
    }
}
