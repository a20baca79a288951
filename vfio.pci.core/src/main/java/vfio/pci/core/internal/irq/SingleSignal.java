// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import vfio.core.IrqRequest;
import vfio.core.EventSignal;

/** An interrupt that is a message of the core's own: ERR and REQ (vfio_pci_set_ctx_trigger_single, vfio_pci_intrs.c). */
final class SingleSignal {
    private volatile EventSignal trigger;

    /** @return whether anybody is told */
    boolean send() {
        EventSignal told = trigger;
        Signals.send(told);
        return told != null;
    }

    void clear() {
        trigger = null;
    }

    /** The action TRIGGER. */
    void set(Turn turn) {
        IrqRequest request = turn.request();
        if (request.start() != 0 || Integer.compareUnsigned(request.count(), 1) > 0) {
            throw request.invalid("it has one interrupt");
        }
        if (request.data() == IrqRequest.DATA_NONE) {
            fireOrClear(turn);
            return;
        }
        if (request.count() == 0) {
            throw request.invalid("a value or a signal is needed; DATA_NONE takes the signal away");
        }
        if (request.data() == IrqRequest.DATA_EVENTFD) {
            if (request.negative(0)) {
                throw request.invalid("the number of a file is -1 for none, or not negative");
            }
            trigger = turn.signal(0);
        } else if (turn.means(0)) {
            turn.later(this::send);
        }
    }

    private void fireOrClear(Turn turn) {
        if (trigger == null) {
            throw turn.request().invalid("no signal is set");
        }
        if (turn.request().count() == 0) {
            clear();
        } else {
            turn.later(this::send);
        }
    }
}
