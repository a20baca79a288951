// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.power;

import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.VfioException;

/**
 * Whether the user of an open function has let it sleep (features LOW_POWER_ENTRY, LOW_POWER_ENTRY_WITH_WAKEUP and
 * LOW_POWER_EXIT; vfio_pci_core_pm_entry, vfio_pci_core.c). While it is engaged mappings are away; an access wakes the
 * function, and with a wake-up signal ends the low power altogether. Guarded by the function's memory lock.
 */
public final class LowPower {
    private boolean engaged;
    private boolean intxMasked;
    private EventSignal wakeUp;
    private volatile boolean asleep;

    /** What the function does on the way down and up. */
    public interface Hardware {
        /** Whether nothing else needs the function awake. */
        boolean maySleep();

        void power(int state);

        /** @return whether INTx was in use and not masked */
        boolean maskIntx();

        void unmaskIntx();
    }

    /** Whether it sleeps now; answers without a lock. */
    public boolean asleep() {
        return asleep;
    }

    /** Whether mappings are away. */
    public boolean engaged() {
        return engaged;
    }

    /**
     * Lets the function sleep.
     *
     * @param signal given when it wakes, which then ends the low power; null for none
     * @throws VfioException EINVAL where it is engaged already
     */
    public void enter(String function, EventSignal signal, Hardware hardware) {
        if (engaged) {
            throw new VfioException(Errno.EINVAL, "let " + function + " sleep: it is in low power already; leave that first");
        }
        suspend(hardware);
        engaged = true;
        wakeUp = signal;
    }

    /** What kept the function awake is over: it sleeps where its user has let it. */
    public void rest(Hardware hardware) {
        if (engaged && !asleep) {
            suspend(hardware);
        }
    }

    private void suspend(Hardware hardware) {
        if (hardware.maySleep()) {
            intxMasked = hardware.maskIntx();
            hardware.power(PowerState.D3_HOT);
            asleep = true;
        }
    }

    /**
     * Wakes the function, for an access or because it asks for it.
     *
     * @return the signal to be given once no lock is held, or null
     */
    public EventSignal resume(Hardware hardware) {
        if (!asleep) {
            return null;
        }
        hardware.power(PowerState.D0);
        asleep = false;
        if (intxMasked) {
            intxMasked = false;
            hardware.unmaskIntx();
        }
        EventSignal signal = wakeUp;
        if (signal != null) {
            engaged = false;
            wakeUp = null;
        }
        return signal;
    }

    /** The user ends it; nothing happens where it is not engaged. */
    public void exit(Hardware hardware) {
        wakeUp = null;
        resume(hardware);
        engaged = false;
    }
}
