// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import vfio.core.EventSignal;
import vfio.core.IrqRequest;

/** An interrupt that is a message of the core's own: ERR and REQ (vfio_pci_set_ctx_trigger_single, vfio_pci_intrs.c). */
final class SingleSignal {
    private volatile EventSignal trigger;

    void send() {
        Signals.send(trigger);
    }

    void clear() {
        trigger = null;
    }

    /** An action of TRIGGER. */
    void set(IrqRequest request) {
        if (request.start() != 0 || Integer.compareUnsigned(request.count(), 1) > 0) {
            throw request.invalid("it has one interrupt");
        }
        boolean none = request.count() == 0;
        switch (request.data()) {
            case IrqRequest.DATA_NONE -> {
                if (trigger == null) {
                    throw request.invalid("no signal is set");
                }
                if (none) {
                    clear();
                } else {
                    send();
                }
            }
            case IrqRequest.DATA_BOOL -> {
                requireOne(request, none);
                if (request.value(0)) {
                    send();
                }
            }
            default -> {
                requireOne(request, none);
                trigger = Signals.usable(request, 0);
            }
        }
    }

    private static void requireOne(IrqRequest request, boolean none) {
        if (none) {
            throw request.invalid("a value or a signal is needed");
        }
    }
}
