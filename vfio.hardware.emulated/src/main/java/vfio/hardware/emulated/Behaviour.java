// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import java.util.HashMap;
import java.util.Map;
import vfio.hardware.emulated.capability.Capability;
import vfio.pci.core.id.PciRegisters;
import vfio.pci.core.id.ResetMethod;

/**
 * The behaviour of a function: all that its ids, BARs and configuration space do not say.
 *
 * @param model name of the device model behind its BARs; empty for memory
 * @param rom its expansion ROM, or null
 * @param vga whether it answers at the legacy VGA addresses
 * @param resets what comes of reset methods; those that are not named work where the function has them, and only functions
 *     whose map names it have one of their own, or of the firmware. {@code BUS} is the bridge's, for all behind it
 */
record Behaviour(String model, Rom rom, boolean vga, InterruptWiring interrupts,
        Map<ResetMethod, ResetOutcome> resets) {
    /** The behaviour of plain memory that resets as the specifications have it. */
    static final Behaviour PLAIN = new Behaviour("", null, false, InterruptWiring.FULL, Map.of());

    Behaviour {
        resets = Map.copyOf(resets);
    }

    /** Returns the same with a device model behind the BARs, by the name of its factory. */
    Behaviour withModel(String name) {
        return new Behaviour(name, rom, vga, interrupts, resets);
    }

    /** Returns the same with an expansion ROM. */
    Behaviour withRom(Rom memory) {
        return new Behaviour(model, memory, vga, interrupts, resets);
    }

    /** Returns the same with or without the legacy VGA addresses. */
    Behaviour withVga(boolean legacy) {
        return new Behaviour(model, rom, legacy, interrupts, resets);
    }

    /** Returns the same with another wiring of interrupts. */
    Behaviour withInterrupts(InterruptWiring wiring) {
        return new Behaviour(model, rom, vga, wiring, resets);
    }

    /** Returns the same with another outcome of resets by a method. */
    Behaviour withReset(ResetMethod method, ResetOutcome outcome) {
        Map<ResetMethod, ResetOutcome> outcomes = new HashMap<>(resets);
        outcomes.put(method, outcome);
        return new Behaviour(model, rom, vga, interrupts, outcomes);
    }

    /** Returns the outcome of a reset by a method. */
    ResetOutcome reset(ResetMethod method) {
        boolean announced = method != ResetMethod.DEVICE_SPECIFIC && method != ResetMethod.ACPI;
        return resets.getOrDefault(method, announced ? ResetOutcome.WORKS : ResetOutcome.ABSENT);
    }

    /** Returns a capability as the function shows it: reset methods that are absent are not announced. */
    Capability announced(Capability capability) {
        if (capability.extended()) {
            return capability;
        }
        return switch (capability.id()) {
            case PciRegisters.CAP_ID_PM -> !resets.containsKey(ResetMethod.PM) ? capability
                    : capability.with(0x04, 0x08, reset(ResetMethod.PM) == ResetOutcome.ABSENT);
            case PciRegisters.CAP_ID_EXP -> absent(ResetMethod.FLR) ? capability.with(0x07, 0x10, false) : capability;
            case PciRegisters.CAP_ID_AF ->
                    absent(ResetMethod.AF_FLR) ? capability.with(0x03, 0x02, false) : capability;
            default -> capability;
        };
    }

    private boolean absent(ResetMethod method) {
        return reset(method) == ResetOutcome.ABSENT;
    }
}
