// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

/**
 * How a function's interrupts are wired to the host, and what is wrong with them.
 *
 * @param vectors most messages that the host gives it, MSI or MSI-X, 0 to 2048
 * @param dynamic whether vectors can be added to MSI-X in use
 * @param connected whether the pin leads anywhere
 * @param intx whether the pin works as the specification has it; null for what the table of known devices says
 */
public record InterruptWiring(int vectors, boolean dynamic, boolean connected, Intx intx) {
    /** As many as the function can have, on a host as it should be. */
    public static final InterruptWiring FULL = new InterruptWiring(2048, true, true, null);

    /** What is known of a pin. */
    public enum Intx {
        WORKS,
        /** The pin cannot be used at all. */
        UNUSABLE,
        /** The function does not do what INTx Disable says. */
        UNMASKABLE
    }

    public InterruptWiring {
        if (vectors < 0 || vectors > 2048) {
            throw new IllegalArgumentException(vectors + " vectors; 0 to 2048 are possible");
        }
    }
}
