// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;

/** What is done with users' signals: they are code of others, and one that throws must not stop whoever raises it. */
public final class Signals {
    private Signals() {
    }

    /** Gives a signal; null is none. */
    public static void send(EventSignal signal) {
        if (signal == null) {
            return;
        }
        try {
            signal.signal();
        } catch (Throwable e) { // a user's code may throw anything
            System.getLogger(Signals.class.getName()).log(System.Logger.Level.WARNING,
                    "a signal of an interrupt threw " + e.getClass().getName());
        }
    }

    /** @throws vfio.core.VfioException EBADF where the signal is closed */
    static EventSignal usable(IrqRequest request, int i) {
        EventSignal signal = request.signal(i);
        if (signal != null && !signal.usable()) {
            throw request.refused(Errno.EBADF, "signal " + i + " is closed");
        }
        return signal;
    }
}
