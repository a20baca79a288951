// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import java.util.concurrent.atomic.AtomicReference;
import vfio.core.EventSignal;

/** A signal whose events unmask INTx, from {@link #begin} to {@link #end}; both call the user's signal without a lock. */
final class Unmasking {
    private static final AutoCloseable ENDED = () -> { };

    private final EventSignal signal;
    private final Runnable unmask;
    /** What ends the listening; null before it has begun. */
    private final AtomicReference<AutoCloseable> listening = new AtomicReference<>();

    Unmasking(EventSignal signal, Runnable unmask) {
        this.signal = signal;
        this.unmask = unmask;
    }

    /** Tells whether the signal can still come: once it is closed it unmasks no more, and another may take its place. */
    boolean usable() {
        return signal.usable();
    }

    /**
     * Begins to listen.
     *
     * @throws vfio.core.VfioException EINVAL where the signal cannot be listened to
     */
    void begin() {
        AutoCloseable begun = signal.listen(this::event);
        if (!listening.compareAndSet(null, begun)) {
            close(begun);
        }
    }

    private void event() {
        if (listening.get() != ENDED) {
            unmask.run();
        }
    }

    /** Ends the listening: no event unmasks from now on. A second end does nothing. */
    void end() {
        close(listening.getAndSet(ENDED));
    }

    private static void close(AutoCloseable ended) {
        Signals.close(ended, "a signal that unmasked INTx");
    }
}
