// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

/**
 * The wiring of a function's interrupts to the host, with its faults.
 *
 * @param vectors most messages that the host gives it, MSI or MSI-X, 0 to 2048
 * @param dynamic whether vectors can be added to MSI-X in use
 * @param connected whether the pin leads anywhere
 * @param intx whether the pin works as the specification has it; null for what the table of known devices says
 */
public record InterruptWiring(int vectors, boolean dynamic, boolean connected, Intx intx) {
    /** The wiring of a host without faults: as many vectors as the function has. */
    public static final InterruptWiring FULL = new InterruptWiring(2048, true, true, null);

    /** The faults of an interrupt pin. */
    public enum Intx {
        /** The pin works as the specification has it. */
        WORKS,
        /** The pin cannot be used at all. */
        UNUSABLE,
        /** The function ignores INTx Disable. */
        UNMASKABLE
    }

    public InterruptWiring {
        if (vectors < 0 || vectors > 2048) {
            throw new IllegalArgumentException(vectors + " vectors; 0 to 2048 are possible");
        }
    }
}
