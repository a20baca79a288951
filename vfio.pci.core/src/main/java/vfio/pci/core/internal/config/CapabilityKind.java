// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.util.List;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * What the core knows of one kind of capability: its length, which registers a user may see and change, and what else an
 * access does. A capability without a kind is hidden.
 *
 * @param smallest what it has at least, in bytes: one that has less room is hidden, and its length is not read
 * @param length of a capability in the hardware
 * @param layout its registers; the others are the hardware's, read-only, but id and next, which are the shadow's
 * @param raw whether all but id and next is the user's to write
 * @param behaviour makes the range of a capability that is found
 */
record CapabilityKind(int id, int smallest, Length length, Layout layout, boolean raw, Behaviour behaviour) {
    /** The kind of a capability without one. */
    static final CapabilityKind HIDDEN = of(-1, 0);

    /** In bytes; 0 hides the capability. */
    @FunctionalInterface
    interface Length {
        int of(ConfigSpace hardware, int start);
    }

    @FunctionalInterface
    interface Layout {
        List<Register> of(ConfigSpace hardware, int start);
    }

    @FunctionalInterface
    interface Behaviour {
        ConfigRange at(int start, Shadow shadow, EnabledFunction function);
    }

    static CapabilityKind of(int id, int smallest, Length length) {
        return new CapabilityKind(id, smallest, length, (hardware, start) -> List.of(), false,
                (start, shadow, function) -> new PlainRange(shadow));
    }

    static CapabilityKind of(int id, int length) {
        return of(id, length, (hardware, start) -> length);
    }

    CapabilityKind with(Register... registers) {
        List<Register> rows = List.of(registers);
        return laidOut((hardware, start) -> rows);
    }

    CapabilityKind laidOut(Layout registers) {
        return new CapabilityKind(id, smallest, length, registers, raw, behaviour);
    }

    CapabilityKind acting(Behaviour does) {
        return new CapabilityKind(id, smallest, length, layout, raw, does);
    }

    CapabilityKind writable() {
        return new CapabilityKind(id, smallest, length, layout, true, behaviour);
    }

    /** Returns the length in bytes from {@code start} on, cut at {@code end}; 0 where the capability is hidden. */
    int length(ConfigSpace hardware, int start, int end) {
        return start + smallest > end ? 0 : Math.min(length.of(hardware, start), end - start);
    }

    /**
     * Claims a capability's bytes.
     *
     * @param header bytes that hold id and next, served from the shadow
     * @param end not past the space the capability may lie in
     */
    void assign(int start, int header, int end, Shadow shadow, EnabledFunction function) {
        shadow.load(start, end);
        ConfigRange range = behaviour.at(start, shadow, function);
        shadow.assign(start, end, range);
        for (int offset = header; raw && start + offset < end; offset++) {
            shadow.permit(start, end, Register.hardware(offset, 1, Register.ALL));
        }
        for (int offset = 0; offset < header; offset++) {
            shadow.permit(start, end, Register.fixed(offset, 1));
        }
        for (Register register : layout.of(shadow.hardware(), start)) {
            shadow.permit(start, end, register);
        }
    }
}
