// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import java.util.concurrent.atomic.AtomicReference;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.InterruptLines.Kind;

/**
 * INTx in use: a level that masks itself when it fires, until the user unmasks it; what is pending then fires again. Made
 * when a user enables INTx and never used again after.
 *
 * <p>Delivery takes no lock and allocates nothing.
 */
final class IntxConnection implements InterruptMode, InterruptLines.Sink {
    private final IntxLine line;
    private final long number;
    private final AtomicReference<Unmasking> unmasking = new AtomicReference<>();
    /** A user's signal, or null. */
    private volatile EventSignal trigger;
    private volatile boolean started;
    private volatile boolean ended;

    IntxConnection(IntxLine line, long number, EventSignal trigger) {
        this.line = line;
        this.number = number;
        this.trigger = trigger;
    }

    @Override
    public Kind kind() {
        return Kind.INTX;
    }

    /** Starts delivery: what is asserted fires from now on. The line is connected and no lock is held. */
    void start() {
        started = true;
        asserted();
    }

    @Override
    public void asserted() {
        if (started && line.maskFor(number)) {
            send();
        }
    }

    @Override
    public void raised(int vector) {
        // INTx has no vectors
    }

    void unmask() {
        if (!line.maskedOnly(number)) {
            return;
        }
        if (line.pending()) {
            send();
        } else if (line.unmaskFor(number)) {
            asserted(); // it may have been, after it was last looked at and while it was still masked
        }
    }

    /** Signals, unless the user has disabled INTx; as the device would, but without masking it. */
    void send() {
        if (!line.disabled()) {
            Signals.send(trigger);
        }
    }

    void trigger(EventSignal signal) {
        trigger = signal;
    }

    /**
     * Unmasks it at each event of a signal from now on; null ends that. The lock is free.
     *
     * @throws VfioException EBUSY where another signal does; EINVAL where it cannot be listened to
     */
    void unmaskBy(IrqRequest request, EventSignal signal) {
        Unmasking old = unmasking.get();
        if (signal != null && old != null && old.usable()) {
            throw busy(request);
        }
        Unmasking made = signal == null ? null : new Unmasking(signal, this::unmask);
        if (!unmasking.compareAndSet(old, made)) {
            throw busy(request);
        }
        if (old != null) {
            old.end();
        }
        if (made != null) {
            begin(made);
        }
    }

    private static VfioException busy(IrqRequest request) {
        return request.refused(Errno.EBUSY, "a signal unmasks it already; take that one away first");
    }

    private void begin(Unmasking made) {
        boolean begun = false;
        try {
            made.begin();
            begun = true;
        } finally {
            if (!begun || ended) {
                unmasking.compareAndSet(made, null);
                made.end();
            }
        }
    }

    @Override
    public void end(IrqChange change) {
        ended = true;
        Unmasking last = unmasking.getAndSet(null);
        if (last != null) {
            change.later(last::end);
        }
        line.disconnect();
        trigger = null;
    }
}
