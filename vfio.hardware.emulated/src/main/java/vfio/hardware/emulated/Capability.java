// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

/**
 * One capability as hardware shows it after power-on, without a place yet: {@link FunctionDescription} lays it into config
 * space and links it. Immutable.
 */
public final class Capability {
    /** Ids of the capabilities that the bus itself looks at (uapi/linux/pci_regs.h). */
    static final int POWER = 0x01;
    static final int VPD = 0x03;
    static final int EXPRESS = 0x10;
    static final int ADVANCED_FEATURES = 0x13;
    static final int SRIOV = 0x10;

    private final int id;
    private final boolean extended;
    private final int version;
    private final Registers registers;

    /** {@code registers} hold the whole capability, its header included; id and next pointer are filled in here. */
    Capability(int id, boolean extended, int version, Registers registers) {
        this.id = id;
        this.extended = extended;
        this.version = version;
        this.registers = registers;
    }

    /**
     * A standard capability of read-only bytes.
     *
     * @param id 0 to 255
     * @param body what follows the id and the next pointer, at most 190 bytes
     */
    public static Capability raw(int id, byte[] body) {
        check(id, 0xff, body.length, 190);
        Registers registers = new Registers(body.length + 2);
        System.arraycopy(body, 0, registers.value, 2, body.length);
        return new Capability(id, false, 0, registers);
    }

    /**
     * An extended capability of read-only bytes.
     *
     * @param id 0 to 65535
     * @param version 0 to 15
     * @param body what follows the 4-byte header, at most 3836 bytes
     */
    public static Capability rawExtended(int id, int version, byte[] body) {
        check(id, 0xffff, body.length, 3836);
        Registers registers = new Registers(body.length + 4);
        System.arraycopy(body, 0, registers.value, 4, body.length);
        return new Capability(id, true, version & 0xf, registers);
    }

    private static void check(int id, int highest, int length, int most) {
        if (id < 0 || id > highest || length > most) {
            throw new IllegalArgumentException("no capability: id %x (at most %x), %d bytes (at most %d)"
                    .formatted(id, highest, length, most));
        }
    }

    public int id() {
        return id;
    }

    /** Whether it lives at 100h and above. */
    public boolean extended() {
        return extended;
    }

    /** 0 to 15; always 0 for a standard capability. */
    public int version() {
        return version;
    }

    /** Bytes with the header. */
    public int length() {
        return registers.size();
    }

    Registers registers() {
        return registers;
    }

    /** The same with bits of a byte set or clear after power-on. */
    Capability with(int offset, int mask, boolean set) {
        Registers changed = new Registers(registers.size());
        changed.place(0, registers);
        changed.u8(offset, set ? changed.value[offset] | mask : changed.value[offset] & ~mask);
        return new Capability(id, extended, version, changed);
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
