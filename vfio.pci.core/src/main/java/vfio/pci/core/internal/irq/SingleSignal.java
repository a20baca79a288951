// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import vfio.core.EventSignal;
import vfio.core.IrqRequest;

/** The signal of ERR or of REQ, which the core itself gives (vfio_pci_set_ctx_trigger_single, vfio_pci_intrs.c). */
final class SingleSignal {
    private volatile EventSignal trigger;

    /**
     * Gives the signal.
     *
     * @return whether there is one
     */
    boolean send() {
        EventSignal told = trigger;
        Signals.send(told);
        return told != null;
    }

    void clear() {
        trigger = null;
    }

    /** Does the action TRIGGER. */
    void set(IrqChange change) {
        IrqRequest request = change.request();
        if (request.start() != 0 || Integer.compareUnsigned(request.count(), 1) > 0) {
            throw request.invalid("it has one interrupt");
        }
        if (request.data() == IrqRequest.DATA_NONE) {
            fireOrClear(change);
            return;
        }
        if (request.count() == 0) {
            throw request.invalid("a value or a signal is needed; DATA_NONE takes the signal away");
        }
        if (request.data() == IrqRequest.DATA_EVENTFD) {
            if (request.negative(0)) {
                throw request.invalid("the number of a file is -1 for none, or not negative");
            }
            trigger = change.signal(0);
        } else if (change.means(0)) {
            change.later(this::send);
        }
    }

    private void fireOrClear(IrqChange change) {
        if (trigger == null) {
            throw change.request().invalid("no signal is set");
        }
        if (change.request().count() == 0) {
            clear();
        } else {
            change.later(this::send);
        }
    }
}
