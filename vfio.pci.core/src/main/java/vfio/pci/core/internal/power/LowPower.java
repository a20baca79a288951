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

    /** What the function does on the way down and up. */
    public interface Hardware {
        /** @return false where it stays awake, since something else needs it */
        boolean sleep();

        void wake();

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
     * What kept the function awake is over: it sleeps where its user has let it.
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
     * The user ends it; nothing happens where it is not engaged.
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
