// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import java.lang.System.Logger.Level;
import vfio.core.EventSignal;
import vfio.core.Thrown;

/** Calls of code of others, users' and buses', where one that throws must not stop the caller. */
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
            warn("a signal of an interrupt", e);
        }
    }

    /** Ends something; null is nothing. */
    static void close(AutoCloseable ended, String what) {
        if (ended == null) {
            return;
        }
        try {
            ended.close();
        } catch (Throwable e) { // code of others may throw anything
            warn(what, e);
        }
    }

    static void warn(String what, Throwable thrown) {
        System.getLogger(Signals.class.getName()).log(Level.WARNING, what + " threw " + Thrown.text(thrown));
    }
}
