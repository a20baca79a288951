// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.pci.core.bus.InterruptLines;

/**
 * INTx: a level that masks itself when it fires, until the user unmasks it; what is still pending then fires again
 * (vfio_pci_intrs.c). Signals are given without the lock.
 */
final class IntxLine implements InterruptLines.Sink {
    private final IntxMask mask;
    /** A user's signal, or null. */
    private volatile EventSignal trigger;
    private boolean connected;
    private boolean masked;
    /** By the INTx Disable bit that the user sees. */
    private volatile boolean disabled;
    private AutoCloseable unmaskedBy;

    IntxLine(IntxMask mask) {
        this.mask = mask;
    }

    /** The line is the user's from now on; interrupts arrive once it is connected to the bus. */
    synchronized void enable(EventSignal signal) {
        trigger = signal;
        connected = true;
        masked = disabled;
        if (masked) {
            mask.mask();
        } else {
            mask.unmask();
        }
    }

    /** It was disconnected from the bus. */
    void disable() {
        stopUnmasking();
        synchronized (this) {
            connected = false;
            trigger = null;
        }
    }

    void trigger(EventSignal signal) {
        trigger = signal;
    }

    /** Fires, unless the user has disabled INTx. */
    void send() {
        if (!disabled) {
            Signals.send(trigger);
        }
    }

    @Override
    public void asserted() {
        boolean fires;
        synchronized (this) {
            fires = connected && !masked && mask.maskIfPending();
            masked |= fires;
        }
        if (fires) {
            send();
        }
    }

    @Override
    public void raised(int vector) {
        // INTx has no vectors
    }

    /** @return whether it was not masked before */
    synchronized boolean mask() {
        boolean changed = !connected || !masked;
        if (changed) {
            mask.mask();
        }
        masked = connected;
        return changed;
    }

    void unmask() {
        boolean again = false;
        synchronized (this) {
            if (!connected) {
                mask.unmask();
            } else if (masked && !disabled) {
                again = !mask.unmaskUnlessPending();
                masked = again;
            }
        }
        if (again) {
            send();
        }
    }

    /** The user's INTx Disable bit has changed. */
    void disabled(boolean now) {
        disabled = now;
        if (now) {
            mask();
        } else {
            unmask();
        }
    }

    /** Unmasks at each event of a signal; null ends that. */
    void unmaskBy(IrqRequest request) {
        EventSignal signal = Signals.usable(request, 0);
        if (signal == null) {
            stopUnmasking();
            return;
        }
        synchronized (this) {
            if (unmaskedBy != null) {
                throw request.refused(Errno.EBUSY, "a signal unmasks it already; take that away first");
            }
            unmaskedBy = signal.listen(this::unmask);
        }
    }

    private void stopUnmasking() {
        AutoCloseable ended;
        synchronized (this) {
            ended = unmaskedBy;
            unmaskedBy = null;
        }
        if (ended != null) {
            try {
                ended.close();
            } catch (Exception e) { // a user's code may throw anything
                System.getLogger(IntxLine.class.getName()).log(System.Logger.Level.WARNING,
                        "a signal that unmasks INTx threw " + e.getClass().getName());
            }
        }
    }
}
