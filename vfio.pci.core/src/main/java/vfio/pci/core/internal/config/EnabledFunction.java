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

    /** Releases the memory lock. */
    void unlockMemory();

    /** Masks INTx and raises it no more: the user has disabled it. */
    void maskIntx();

    /** Lets INTx be raised again once it is unmasked: the user has enabled it. */
    void enableIntx();

    /** Unmasks INTx, and raises it if it is pending: after {@link #enableIntx}, when no lock is held any more. */
    void unmaskIntx();

    /**
     * Brings the hardware to D0, D1, D2 or D3hot; the memory lock is held.
     *
     * @param state 0 to 3, as PMCSR has it
     */
    void setPowerState(int state);

    /** Returns the power state: 0 to 3 as PMCSR has it, 4 for D3cold. Takes no lock. */
    int powerState();

    /** Tries to reset the function; the memory lock is held. A failure is logged: a write of a register has no answer. */
    void resetFunction();

    /** Tells whether MSI is the interrupt in use. */
    boolean msiInUse();

    /**
     * Returns how many MSI vectors a user may have: what the capability offers until MSI is in use, then what was set up.
     *
     * @return log2, 0 to 5
     */
    int msiQmax();
}
