// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

/**
 * What configuration accesses mean to the rest of an enabled function. Called with the lock of {@link VirtualConfig}
 * held, which therefore comes before the memory lock and the interrupts' lock, but for {@link #unmaskIntx}.
 */
public interface EnabledFunction {

    /** Takes the memory lock for writing: nobody reaches a BAR until it is given back. */
    void lockMemory();

    /** Takes every mapping of a BAR from its users; the memory lock is held. */
    void zapMappings();

    void unlockMemory();

    /** The user disabled INTx: mask it and raise it no more. */
    void maskIntx();

    /** The user enabled INTx again: it may be raised once it is unmasked. */
    void enableIntx();

    /** After {@link #enableIntx}, when no lock is held any more: unmask INTx, and raise it if it is pending. */
    void unmaskIntx();

    /**
     * Brings the hardware to D0, D1, D2 or D3hot; the memory lock is held.
     *
     * @param state 0 to 3, as PMCSR has it
     */
    void setPowerState(int state);

    /** 0 to 3 as PMCSR has it, 4 for D3cold. Answers without a lock. */
    int powerState();

    /** Tries to reset the function; the memory lock is held. A failure stays here: no user of a register hears of it. */
    void resetFunction();

    /** Whether MSI is the interrupt in use. */
    boolean msiInUse();

    /**
     * How many MSI vectors a user may have: what the capability offers until MSI is in use, then what was set up.
     *
     * @return log2, 0 to 5
     */
    int msiQmax();
}
