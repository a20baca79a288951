// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import java.util.concurrent.atomic.AtomicReferenceArray;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.pci.core.bus.InterruptLines;

/** The vectors of MSI or MSI-X in use, and what each triggers. A vector without a signal is dropped. */
final class MessageVectors implements InterruptLines.Sink {
    private final AtomicReferenceArray<EventSignal> triggers;
    /** Allocated on the bus; the others are added when a signal is set, where that is possible. */
    private final boolean[] allocated;
    private final InterruptLines lines;
    private final boolean dynamic;

    /**
     * @param most how many the function has
     * @param first how many are allocated now
     */
    MessageVectors(InterruptLines lines, int most, int first, boolean dynamic) {
        this.lines = lines;
        this.dynamic = dynamic;
        triggers = new AtomicReferenceArray<>(most);
        allocated = new boolean[most];
        for (int i = 0; i < first; i++) {
            allocated[i] = true;
        }
    }

    @Override
    public void raised(int vector) {
        if (vector >= 0 && vector < triggers.length()) {
            Signals.send(triggers.get(vector));
        }
    }

    @Override
    public void asserted() {
        // messages have no level
    }

    /** Wires a block of vectors; where one fails, none of the block is wired. */
    void wire(IrqRequest request) {
        int done = 0;
        try {
            for (; done < request.count(); done++) {
                wire(request, request.start() + done, done);
            }
        } catch (RuntimeException e) {
            for (int i = 0; i < done; i++) {
                triggers.set(request.start() + i, null);
            }
            throw e;
        }
    }

    private void wire(IrqRequest request, int vector, int i) {
        triggers.set(vector, null);
        EventSignal signal = request.signal(i);
        if (signal == null) {
            return;
        }
        if (!allocated[vector]) {
            if (!dynamic) {
                throw request.invalid("vector " + vector + " was not set up; disable the index first, then set up more");
            }
            lines.add(vector);
            allocated[vector] = true;
        }
        triggers.set(vector, Signals.usable(request, i));
    }

    /** Wires nothing any more: what the bus has begun to deliver finds nobody. */
    void clear() {
        for (int i = 0; i < triggers.length(); i++) {
            triggers.set(i, null);
        }
    }

    /** Fires those that are wired, as the device would. */
    void fire(IrqRequest request) {
        for (int i = 0; i < request.count(); i++) {
            if (request.data() == IrqRequest.DATA_NONE || request.value(i)) {
                Signals.send(triggers.get(request.start() + i));
            }
        }
    }
}
