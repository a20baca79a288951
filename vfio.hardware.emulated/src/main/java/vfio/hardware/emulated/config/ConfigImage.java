// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.config;

import static vfio.pci.core.id.ExpressRegisters.EXP_FLAGS;
import static vfio.pci.core.id.ExpressRegisters.EXP_FLAGS_TYPE;
import static vfio.pci.core.id.PciRegisters.CAPABILITY_LIST;
import static vfio.pci.core.id.PciRegisters.CAP_LIST_NEXT;
import static vfio.pci.core.id.PciRegisters.CFG_SPACE_EXP_SIZE;
import static vfio.pci.core.id.PciRegisters.CFG_SPACE_SIZE;
import static vfio.pci.core.id.PciRegisters.STATUS;
import static vfio.pci.core.id.PciRegisters.STATUS_CAP_LIST;
import static vfio.pci.core.id.PciRegisters.STD_HEADER_SIZEOF;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import vfio.pci.core.id.ExpressRegisters;
import vfio.pci.core.id.PciRegisters;

/**
 * The configuration space of a function after power-on, with the bits that a write may change. Immutable, and shared by all
 * functions of one description, so that a thousand of them cost one.
 */
public final class ConfigImage {

    private final int size;
    /** This and the masks end with the last byte that is not 0. */
    private final byte[] values;
    private final byte[] writable;
    private final byte[] clearable;
    private final byte[] sticky;
    /** Returns the offset of the first standard capability by id. */
    private final Map<Integer, Integer> standard = new HashMap<>();
    /** Returns the offset of the first extended capability by id. */
    private final Map<Integer, Integer> extended = new HashMap<>();
    private final boolean verbatim;

    /** Lays the capabilities behind a 64-byte header, in their order. */
    public ConfigImage(RegisterBlock header, List<Capability> capabilities) {
        boolean pcie = capabilities.stream().anyMatch(Capability::extendsConfig);
        RegisterBlock registers = new RegisterBlock(pcie ? CFG_SPACE_EXP_SIZE : CFG_SPACE_SIZE);
        registers.place(0, header);
        placeStandard(registers, capabilities.stream().filter(c -> !c.extended()).toList());
        placeExtended(registers, capabilities.stream().filter(Capability::extended).toList());
        size = registers.size();
        values = registers.trimmedValues();
        writable = registers.trimmedWritable();
        clearable = registers.trimmedClearable();
        sticky = registers.trimmedSticky();
        verbatim = false;
    }

    /**
     * Takes the bytes of another function's config space as they are.
     *
     * @param registers values and masks of 256 or 4096 bytes
     * @param standard where the first standard capability of each id is
     */
    public ConfigImage(RegisterBlock registers, Map<Integer, Integer> standard) {
        size = registers.size();
        values = registers.trimmedValues();
        writable = registers.trimmedWritable();
        clearable = registers.trimmedClearable();
        sticky = registers.trimmedSticky();
        verbatim = true;
        this.standard.putAll(standard);
    }

    private static byte at(byte[] bytes, int offset) {
        return offset < bytes.length ? bytes[offset] : 0;
    }

    private void placeStandard(RegisterBlock registers, List<Capability> capabilities) {
        int at = STD_HEADER_SIZEOF;
        int link = CAPABILITY_LIST;
        for (Capability capability : capabilities) {
            at = place(registers, capability, at, CFG_SPACE_SIZE);
            registers.u8(at, capability.id()).u8(link, at);
            standard.putIfAbsent(capability.id(), at);
            link = at + CAP_LIST_NEXT;
            at += capability.length();
        }
        if (!capabilities.isEmpty()) {
            registers.u8(STATUS, registers.value(STATUS) | STATUS_CAP_LIST);
        }
    }

    private void placeExtended(RegisterBlock registers, List<Capability> capabilities) {
        int at = CFG_SPACE_SIZE;
        int last = 0;
        for (Capability capability : capabilities) {
            at = place(registers, capability, at, registers.size());
            registers.u32(at, capability.id() | capability.version() << 16);
            if (last != 0) {
                // The next pointer is the upper 12 bits of the header.
                registers.u8(last + 2, registers.value(last + 2) & 0xf | (at & 0xf) << 4).u8(last + 3, at >> 4);
            }
            extended.putIfAbsent(capability.id(), at);
            last = at;
            at += capability.length();
        }
    }

    private static int place(RegisterBlock registers, Capability capability, int from, int end) {
        int at = from + 3 & ~3;
        if (at + capability.length() > end) {
            throw new IllegalArgumentException("no room for the " + capability + ": it would end at %xh of %xh%s".formatted(
                    at + capability.length(), end, capability.extended() && registers.size() == CFG_SPACE_SIZE
                            ? "; extended capabilities need a PCI Express capability" : ""));
        }
        registers.place(at, capability.registers());
        return at;
    }

    /** Returns the number of bytes: 256, or 4096 with PCI Express or PCI-X 2.0. */
    public int size() {
        return size;
    }

    /** Returns a byte after power-on. */
    public byte value(int offset) {
        return at(values, offset);
    }

    /** Returns the bits of a byte that take what is written. */
    public byte writable(int offset) {
        return at(writable, offset);
    }

    /** Returns the bits of a byte that a written one clears. */
    public byte clearable(int offset) {
        return at(clearable, offset);
    }

    /** Returns the bits of a byte that a reset leaves as they are. */
    public byte sticky(int offset) {
        return at(sticky, offset);
    }

    /** Returns a copy of all bytes. */
    public byte[] bytes() {
        return Arrays.copyOf(values, size);
    }

    /**
     * Tells whether the functions behind this bridge share a bus: it has no PCI Express capability, or leads from PCI Express
     * to PCI.
     */
    public boolean conventionalBelow() {
        int express = standard(PciRegisters.CAP_ID_EXP);
        return express == 0 || (value(express + EXP_FLAGS) & EXP_FLAGS_TYPE) >> 4 == PortType.PCI_BRIDGE.code();
    }

    /** Tells whether the bytes are those of a dump, into which nothing is put that depends on the function's place. */
    public boolean verbatim() {
        return verbatim;
    }

    /** Offset of the first standard capability of an id, or 0. */
    public int standard(int id) {
        return standard.getOrDefault(id, 0);
    }

    /** Offset of the first extended capability of an id, or 0. */
    public int extended(int id) {
        return extended.getOrDefault(id, 0);
    }

    /** Returns the offset of the SR-IOV capability, or 0. */
    public int sriov() {
        return extended(ExpressRegisters.EXT_CAP_ID_SRIOV);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof ConfigImage other && size == other.size && verbatim == other.verbatim
                && Arrays.equals(values, other.values) && Arrays.equals(writable, other.writable)
                && Arrays.equals(clearable, other.clearable) && Arrays.equals(sticky, other.sticky);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }
}
