// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.capability;

import vfio.hardware.emulated.config.RegisterBlock;
import vfio.pci.core.id.PciRegisters;

/**
 * One capability as hardware shows it after power-on, without a place yet: a function's description lays it into config space
 * and links it. Immutable.
 */
public final class Capability {
    private static final int PCI_X_ECC_LENGTH = 24;

    private final int id;
    private final boolean extended;
    private final int version;
    private final RegisterBlock registers;

    private Capability(int id, boolean extended, int version, RegisterBlock registers) {
        this.id = id;
        this.extended = extended;
        this.version = version;
        this.registers = registers;
    }

    /**
     * Makes a standard capability.
     *
     * @param id 0 to 255
     * @param registers the whole capability, its header included; id and next pointer are filled in when it is placed
     */
    public static Capability of(int id, RegisterBlock registers) {
        check(id, 0xff, 0, 0);
        return new Capability(id, false, 0, registers.first(registers.size()));
    }

    /**
     * Makes an extended capability.
     *
     * @param id 0 to 65535
     * @param version 0 to 15
     * @param registers the whole capability, its header included; the header is filled in when it is placed
     */
    public static Capability ofExtended(int id, int version, RegisterBlock registers) {
        check(id, 0xffff, 0, 0);
        return new Capability(id, true, version & 0xf, registers.first(registers.size()));
    }

    /**
     * Makes a standard capability of read-only bytes.
     *
     * @param id 0 to 255
     * @param body what follows the id and the next pointer, at most 190 bytes
     */
    public static Capability raw(int id, byte[] body) {
        check(id, 0xff, body.length, 190);
        return of(id, new RegisterBlock(body.length + 2).place(2, RegisterBlock.of(body)));
    }

    /**
     * Makes an extended capability of read-only bytes.
     *
     * @param id 0 to 65535
     * @param version 0 to 15
     * @param body what follows the 4-byte header, at most 3836 bytes
     */
    public static Capability rawExtended(int id, int version, byte[] body) {
        check(id, 0xffff, body.length, 3836);
        return ofExtended(id, version, new RegisterBlock(body.length + 4).place(4, RegisterBlock.of(body)));
    }

    private static void check(int id, int highest, int length, int most) {
        if (id < 0 || id > highest || length > most) {
            throw new IllegalArgumentException("no capability: id %x (at most %x), %d bytes (at most %d)"
                    .formatted(id, highest, length, most));
        }
    }

    /** Returns the id. */
    public int id() {
        return id;
    }

    /** Tells whether it lives at 100h and above. */
    public boolean extended() {
        return extended;
    }

    /** Returns 0 to 15; always 0 for a standard capability. */
    public int version() {
        return version;
    }

    /** Returns the number of bytes, header included. */
    public int length() {
        return registers.size();
    }

    /** Returns a copy of the registers. */
    public RegisterBlock registers() {
        return registers.first(registers.size());
    }

    /** Returns the same with bits of a byte set or clear after power-on. */
    public Capability with(int offset, int mask, boolean set) {
        RegisterBlock changed = registers();
        changed.u8(offset, set ? changed.value(offset) | mask : changed.value(offset) & ~mask);
        return new Capability(id, extended, version, changed);
    }

    /** Tells whether a function that has it has extended configuration space: PCI Express, or PCI-X of version 2. */
    boolean extendsConfig() {
        return !extended && (id == PciRegisters.CAP_ID_EXP || id == PciRegisters.CAP_ID_PCIX && length() == PCI_X_ECC_LENGTH);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Capability other && id == other.id && extended == other.extended && version == other.version
                && registers.equals(other.registers);
    }

    @Override
    public int hashCode() {
        return 31 * id + registers.hashCode();
    }

    @Override
    public String toString() {
        return "%scapability %x of %d bytes".formatted(extended ? "extended " : "", id, length());
    }
}
