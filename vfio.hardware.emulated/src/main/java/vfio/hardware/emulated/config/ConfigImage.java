// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.config;

import static vfio.pci.core.id.PciRegisters.EXP_FLAGS;
import static vfio.pci.core.id.PciRegisters.EXP_FLAGS_TYPE;

import java.util.Arrays;
import java.util.Map;
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
    /** The offset of the first standard capability by id. */
    private final Map<Integer, Integer> standard;
    /** The offset of the first extended capability by id. */
    private final Map<Integer, Integer> extended;
    private final boolean verbatim;

    /**
     * Makes the image of registers as they are laid out.
     *
     * @param registers values and masks of 256 or 4096 bytes
     * @param standard where the first standard capability of each id is
     * @param extended where the first extended capability of each id is
     * @param verbatim whether the bytes are those of a dump
     */
    public ConfigImage(RegisterBlock registers, Map<Integer, Integer> standard, Map<Integer, Integer> extended,
            boolean verbatim) {
        size = registers.size();
        values = registers.trimmedValues();
        writable = registers.trimmedWritable();
        clearable = registers.trimmedClearable();
        sticky = registers.trimmedSticky();
        this.standard = Map.copyOf(standard);
        this.extended = Map.copyOf(extended);
        this.verbatim = verbatim;
    }

    private static byte at(byte[] bytes, int offset) {
        return offset < bytes.length ? bytes[offset] : 0;
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
        return extended(PciRegisters.EXT_CAP_ID_SRIOV);
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
