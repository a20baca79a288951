// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciClass;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.match.ShapeSlots.Slot;

/**
 * A table that finds the entries that agree with a key. Entries with the same fields given have the same <em>shape</em>, and
 * a shape is a hash lookup: an entry agrees just where key and entry are equal under the shape's masks. So a lookup costs a
 * few probes whatever the number of entries, wildcard entries included.
 *
 * <p>Which shapes are worth a probe is itself looked up, by vendor and device, by vendor, and by device; shapes that give
 * neither are always tried. With many entries a lookup costs misses of the cache, so the memory that every lookup touches is
 * kept small: shapes that do not give both ids, which are few, are in tables of their own. Immutable.
 */
final class ShapeTable {
    private static final int[] NONE = {};

    /** The fields a shape gives: 16 bits each of v, d, sv, sd in {@code ids}, 24 bits in {@code classes}. */
    private record Shape(long ids, int classes) {
        static Shape of(PciDeviceId id) {
            return new Shape(given(id.vendor()) << 48 | given(id.device()) << 32 | given(id.subvendor()) << 16
                    | given(id.subdevice()), id.classMask() & PciClass.CODE_BITS);
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

        boolean givesNothing() {
            return ids == 0 && classes == 0;
        }

        /** Tells whether neither vendor nor device is given; sub ids may be. */
        boolean givesClassAlone() {
            return !givesVendor() && !givesDevice();
        }

        boolean givesBoth() {
            return givesVendor() && givesDevice();
        }
    }

    /** The entries by shape, and the ids that lead to each shape, while a table is built. */
    private static final class Gathered {
        final Map<Shape, Integer> shapes = new LinkedHashMap<>();
        final Map<Slot, List<Integer>> exact = new HashMap<>();
        final Map<Slot, List<Integer>> wide = new HashMap<>();
        final Map<Integer, SortedSet<Integer>> both = new HashMap<>();
        final Map<Integer, SortedSet<Integer>> vendors = new HashMap<>();
        final Map<Integer, SortedSet<Integer>> devices = new HashMap<>();
        final List<Integer> universal = new ArrayList<>();
        final BitSet classes = new BitSet(1 << 16);

        void add(PciDeviceId id, int number) {
            Shape shape = Shape.of(id);
            if (shape.givesNothing()) {
                universal.add(number);
                return;
            }
            int index = shapes.computeIfAbsent(shape, s -> shapes.size());
            Slot slot = new Slot(index, pack(id) & shape.ids, id.classCode() & shape.classes);
            (shape.givesBoth() ? exact : wide).computeIfAbsent(slot, s -> new ArrayList<>(1)).add(number);
            if (shape.givesBoth()) {
                gate(both, (int) (slot.ids() >>> 32), index);
            } else if (shape.givesVendor()) {
                gate(vendors, id.vendor(), index);
            } else if (shape.givesDevice()) {
                gate(devices, id.device(), index);
            } else if (shape.givesClassAlone()) {
                gateClasses(PciClass.of(id.classCode()), PciClass.of(shape.classes));
            }
        }

        /** Marks every base class and subclass that agrees: the bits given, with each choice of the others. */
        private void gateClasses(int value, int given) {
            int free = ~given & 0xffff;
            int choice = 0;
            do {
                classes.set(value & given | choice);
                choice = choice - free & free;
            } while (choice != 0);
        }

        private static void gate(Map<Integer, SortedSet<Integer>> gates, int ids, int shape) {
            gates.computeIfAbsent(ids, i -> new TreeSet<>()).add(shape);
        }

        /** Takes out the entries that are alone with their vendor and device and give nothing else: most of them. */
        Map<Integer, Integer> takeLone() {
            Integer plain = shapes.get(new Shape(0xffffffffL << 32, 0));
            Map<Integer, Integer> lone = new HashMap<>();
            both.forEach((ids, set) -> {
                Slot slot = set.size() == 1 && set.first().equals(plain) ? new Slot(plain, (long) ids << 32, 0) : null;
                if (slot != null && exact.get(slot).size() == 1) {
                    lone.put(ids, exact.remove(slot).get(0));
                }
            });
            both.keySet().removeAll(lone.keySet());
            return lone;
        }
    }

    private final long[] shapeIds;
    private final int[] shapeClasses;
    /** Shapes that give no id but some of the class. */
    private final int[] byClass;
    /** Entries that give nothing: they agree with every key. */
    private final int[] universal;
    /** The vendors, devices and upper halves of classes for which the tables below have an entry. */
    private final BitSet vendors;
    private final BitSet devices;
    private final BitSet classes;
    private final ShapeGates byVendorDevice;
    private final ShapeGates byVendor;
    private final ShapeGates byDevice;
    private final ShapeSlots exact;
    private final ShapeSlots wide;

    /**
     * Makes the table.
     *
     * @param entries in the order in which their numbers are returned
     */
    ShapeTable(List<PciDeviceId> entries) {
        Gathered gathered = new Gathered();
        for (int number = 0; number < entries.size(); number++) {
            if (fitsHardware(entries.get(number))) {
                gathered.add(entries.get(number), number);
            }
        }
        List<Shape> shapes = List.copyOf(gathered.shapes.keySet());
        shapeIds = shapes.stream().mapToLong(Shape::ids).toArray();
        shapeClasses = shapes.stream().mapToInt(Shape::classes).toArray();
        byClass = IntStream.range(0, shapes.size()).filter(i -> shapes.get(i).givesClassAlone()).toArray();
        universal = gathered.universal.stream().mapToInt(Integer::intValue).toArray();
        vendors = bits(gathered.vendors.keySet());
        gathered.both.keySet().forEach(ids -> vendors.set(ids >>> 16));
        devices = bits(gathered.devices.keySet());
        classes = gathered.classes;
        Map<Integer, Integer> lone = gathered.takeLone();
        byVendorDevice = new ShapeGates(gathered.both, lone);
        byVendor = new ShapeGates(gathered.vendors, Map.of());
        byDevice = new ShapeGates(gathered.devices, Map.of());
        exact = new ShapeSlots(gathered.exact);
        wide = new ShapeSlots(gathered.wide);
    }

    /** Tells whether an entry can agree with any function: those have 16-bit ids and a 24-bit class. */
    private static boolean fitsHardware(PciDeviceId id) {
        return fits(id.vendor()) && fits(id.device()) && fits(id.subvendor()) && fits(id.subdevice())
                && (id.classCode() & id.classMask() & ~PciClass.CODE_BITS) == 0;
    }

    private static boolean fits(int id) {
        return id == PciDeviceId.ANY || (id & ~0xffff) == 0;
    }

    private static long pack(PciDeviceId id) {
        return (id.vendor() & 0xffffL) << 48 | (id.device() & 0xffffL) << 32 | (id.subvendor() & 0xffffL) << 16
                | id.subdevice() & 0xffffL;
    }

    /** Returns the numbers of the agreeing entries, ascending; not to be written. */
    int[] agreeing(DeviceKey key) {
        long ids = (long) key.vendor() << 48 | (long) key.device() << 32 | (long) key.subvendor() << 16 | key.subdevice();
        int classCode = key.classCode();
        int[] found = NONE;
        // A bit is read faster than a table is searched in vain: the bits of all vendors fit the first cache.
        if (vendors.get(key.vendor())) {
            found = pass(byVendorDevice, (int) (ids >>> 32), exact, ids, classCode, found);
            found = pass(byVendor, key.vendor(), wide, ids, classCode, found);
        }
        if (devices.get(key.device())) {
            found = pass(byDevice, key.device(), wide, ids, classCode, found);
        }
        if (classes.get(PciClass.of(classCode))) {
            found = tryShapes(wide, byClass, ids, classCode, found);
        }
        return found.length == 0 ? universal : universal.length == 0 ? found : merge(found, universal);
    }

    private static BitSet bits(Set<Integer> ids) {
        BitSet bits = new BitSet(1 << 16);
        ids.forEach(bits::set);
        return bits;
    }

    private int[] pass(ShapeGates gates, int gate, ShapeSlots slots, long ids, int classCode, int[] before) {
        int behind = gates.find(gate);
        if (behind < 0) {
            return new int[] {~behind}; // only the first gate has lone entries, so nothing was found before
        }
        return behind == 0 ? before : tryShapes(slots, gates.set(behind), ids, classCode, before);
    }

    private int[] tryShapes(ShapeSlots slots, int[] shapes, long ids, int classCode, int[] before) {
        int[] all = before;
        for (int shape : shapes) {
            int found = slots.find(shape, ids & shapeIds[shape], classCode & shapeClasses[shape]);
            if (found != ShapeSlots.NOTHING) {
                int[] more = found < 0 ? slots.list(found) : new int[] {found};
                all = all.length == 0 ? more : merge(all, more);
            }
        }
        return all;
    }

    private static int[] merge(int[] a, int[] b) {
        int[] merged = new int[a.length + b.length];
        for (int i = 0, j = 0, k = 0; k < merged.length; k++) {
            merged[k] = j == b.length || i < a.length && a[i] < b[j] ? a[i++] : b[j++];
        }
        return merged;
    }
}
