// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.CAPABILITY_LIST;
import static vfio.pci.core.id.PciRegisters.CAP_LIST_NEXT;
import static vfio.pci.core.id.PciRegisters.CFG_SPACE_SIZE;
import static vfio.pci.core.id.PciRegisters.STATUS;
import static vfio.pci.core.id.PciRegisters.STATUS_CAP_LIST;
import static vfio.pci.core.id.PciRegisters.STD_HEADER_SIZEOF;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * One row of the permission tables, where a function has it: what {@link HeaderRegisters}, {@link StandardCapabilities} and
 * {@link ExtendedCapabilities} say of a register, or of all that they do not name of a capability.
 *
 * <p>This class lies in a package of the core, as a test of these tables would. A public door to them would be API for one
 * program; a jar of the core's tests would bring all their fakes along; a copy would not tell what the core says. The oracle
 * runs from a class path, so no framework ever sees the package twice.
 *
 * @param capability {@code header}, or a capability's id in hex: two digits, or four where it is extended
 * @param start where the header or the capability begins
 * @param position of its first byte
 * @param width in bytes
 */
public record PermissionRow(String capability, int start, int position, int width, Rule rule) {
    /** How its bits are served, as far as one word says it. */
    public enum Rule { VIRTUAL, FIXED, HARDWARE, READ_ONLY, MIXED }

    /** {@code 05+2}: the capability, and the offset in it in hex. */
    public String name() {
        return capability + "+" + Integer.toHexString(position - start);
    }

    /** The rows of a function, by its hardware. */
    public static List<PermissionRow> of(ConfigSpace hardware) {
        List<PermissionRow> rows = new ArrayList<>();
        add(rows, "header", 0, STD_HEADER_SIZEOF, HeaderRegisters.PERMISSIONS, false, 0);
        standard(hardware, rows);
        if (hardware.size() > CFG_SPACE_SIZE) {
            extended(hardware, rows);
        }
        return rows;
    }

    private static void standard(ConfigSpace hardware, List<PermissionRow> rows) {
        BitSet seen = new BitSet();
        boolean listed = (hardware.read(STATUS, 2) & STATUS_CAP_LIST) != 0;
        int start = listed ? hardware.read(CAPABILITY_LIST, 1) & ~3 : 0;
        while (start >= STD_HEADER_SIZEOF && !seen.get(start)) {
            seen.set(start);
            CapabilityKind kind = StandardCapabilities.kind(hardware.read(start, 1));
            add(rows, "%02x".formatted(hardware.read(start, 1)), start,
                    kind.length(hardware, start, CFG_SPACE_SIZE), kind.layout().of(hardware, start), kind.raw(),
                    StandardCapabilities.HEADER);
            start = hardware.read(start + CAP_LIST_NEXT, 1) & ~3;
        }
    }

    private static void extended(ConfigSpace hardware, List<PermissionRow> rows) {
        BitSet seen = new BitSet();
        int start = CFG_SPACE_SIZE;
        while (start >= CFG_SPACE_SIZE && start < hardware.size() && !seen.get(start)) {
            seen.set(start);
            int header = hardware.read(start, 4);
            if (header == 0) {
                return;
            }
            CapabilityKind kind = ExtendedCapabilities.kind(header & 0xffff);
            add(rows, "%04x".formatted(header & 0xffff), start, kind.length(hardware, start, hardware.size()),
                    kind.layout().of(hardware, start), kind.raw(), ExtendedCapabilities.HEADER);
            start = header >>> 20 & ~3;
        }
    }

    /** @param length 0 of one that is hidden: its header alone is a row */
    private static void add(List<PermissionRow> rows, String capability, int start, int length, List<Register> registers,
            boolean raw, int header) {
        if (header > 0) {
            rows.add(new PermissionRow(capability, start, start, header, Rule.FIXED));
        }
        BitSet named = new BitSet();
        named.set(0, header);
        for (Register register : registers) {
            if (register.offset() < length) {
                rows.add(new PermissionRow(capability, start, start + register.offset(), register.width(), rule(register)));
                named.set(register.offset(), register.offset() + register.width());
            }
        }
        for (int from = named.nextClearBit(0); from < length; from = named.nextClearBit(from)) {
            int next = named.nextSetBit(from);
            int end = Math.min(length, next < 0 ? length : next);
            rows.add(new PermissionRow(capability, start, start + from, end - from, raw ? Rule.HARDWARE : Rule.READ_ONLY));
            named.set(from, end);
        }
    }

    private static Rule rule(Register register) {
        int ones = LittleEndian.ones(register.width());
        int virt = register.virt() & ones;
        int write = register.write() & ones;
        if (virt == ones) {
            return write == ones ? Rule.VIRTUAL : Rule.FIXED;
        }
        return virt == 0 && write == ones ? Rule.HARDWARE : Rule.MIXED;
    }
}
