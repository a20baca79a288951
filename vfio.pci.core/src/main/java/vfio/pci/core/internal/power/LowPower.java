// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.power;

import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.VfioException;
import vfio.pci.core.internal.irq.Signals;

/**
 * Whether the user of an open function has let it sleep (features LOW_POWER_ENTRY, LOW_POWER_ENTRY_WITH_WAKEUP and
 * LOW_POWER_EXIT; vfio_pci_core_pm_entry, vfio_pci_core.c). While it is engaged mappings are away; an access wakes the
 * function, and with a wake-up signal ends the low power altogether. Guarded by the function's memory lock.
 */
public final class LowPower {
    private static final Runnable NOTHING = () -> { };

    private boolean engaged;
    private boolean intxMasked;
    private EventSignal wakeUp;
    private volatile boolean asleep;

    /** What the function does when it falls asleep and when it wakes. */
    public interface Hardware {
        /**
         * Lets the hardware sleep.
         *
         * @return false where it stays awake, since something else needs it
         */
        boolean sleep();

        /** Wakes the hardware. */
        void wake();

        /**
         * Masks INTx.
         *
         * @return whether INTx was in use and not masked
         */
        boolean maskIntx();

        /** Unmasks INTx again. */
        void unmaskIntx();
    }

    /** Tells whether the function sleeps now. Takes no lock. */
    public boolean asleep() {
        return asleep;
    }

    /** Tells whether mappings are away. */
    public boolean engaged() {
        return engaged;
    }

    /**
     * Lets the function sleep.
     *
     * @param signal given when it wakes, which then ends the low power; null for none
     * @return what is to be done once no lock is held, since it calls users
     * @throws VfioException EINVAL where it is engaged already
     */
    public Runnable enter(String function, EventSignal signal, Hardware hardware) {
        if (engaged) {
            throw new VfioException(Errno.EINVAL, "let " + function
                    + " sleep: it is in low power already; leave that first");
        }
        Runnable after = suspend(hardware);
        engaged = true;
        wakeUp = signal;
        return after;
    }

    /**
     * Lets the function sleep, where its user has allowed it, now that what kept it awake is over.
     *
     * @return as {@link #enter}
     */
    public Runnable rest(Hardware hardware) {
        return engaged && !asleep ? suspend(hardware) : NOTHING;
    }

    private Runnable suspend(Hardware hardware) {
        boolean masked = hardware.maskIntx();
        asleep = hardware.sleep();
        intxMasked = asleep && masked;
        return masked && !asleep ? hardware::unmaskIntx : NOTHING;
    }

    /**
     * Wakes the function, for an access or because it asks for it.
     *
     * @return what is to be done once no lock is held, since it calls users: INTx is unmasked, the wake-up signal given
     */
    public Runnable resume(Hardware hardware) {
        if (!asleep) {
            return NOTHING;
        }
        hardware.wake();
        asleep = false;
        boolean unmask = intxMasked;
        EventSignal signal = wakeUp;
        intxMasked = false;
        wakeUp = null;
        engaged &= signal == null;
        return () -> {
            if (unmask) {
                hardware.unmaskIntx();
            }
            Signals.send(signal);
        };
    }

    /**
     * Ends low power for the user; does nothing where it is not engaged.
     *
     * @return as {@link #resume}
     */
    public Runnable exit(Hardware hardware) {
        wakeUp = null;
        Runnable after = resume(hardware);
        engaged = false;
        return after;
    }
}
