// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicReferenceArray;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.InterruptLines.Kind;

/**
 * The vectors of MSI or MSI-X in use, and what each triggers; made when they are enabled and never used again after. What
 * is raised on a vector without a signal stays pending, as in a masked entry of the MSI-X table, until it has one.
 *
 * <p>Delivery takes no lock and allocates nothing; changes are made under the lock of {@link Interrupts}.
 */
final class MessageVectors implements InterruptMode, InterruptLines.Sink {
    /** Stands for the signal of a vector that has none and was raised. */
    private static final EventSignal PENDING = () -> { };

    private final Kind kind;
    private final int enabled;
    private final InterruptLines lines;
    private final boolean dynamic;
    private final AtomicReferenceArray<EventSignal> triggers;
    /** On the bus; the others are added when a signal is set, where that is possible. */
    private final BitSet allocated = new BitSet();

    /**
     * @param most how many the function has
     * @param enabled how many the bus is asked for at first
     */
    MessageVectors(Kind kind, InterruptLines lines, int most, int enabled) {
        this.kind = kind;
        this.enabled = enabled;
        this.lines = lines;
        dynamic = kind == Kind.MSIX && lines.dynamicMsix();
        triggers = new AtomicReferenceArray<>(most);
        allocated.set(0, enabled);
    }

    @Override
    public Kind kind() {
        return kind;
    }

    /** Returns how many vectors were enabled; those added later do not count. */
    int enabled() {
        return enabled;
    }

    @Override
    public void raised(int vector) {
        if (vector < 0 || vector >= triggers.length()) {
            return;
        }
        EventSignal trigger = triggers.get(vector);
        while (trigger == null && !triggers.compareAndSet(vector, null, PENDING)) {
            trigger = triggers.get(vector);
        }
        Signals.send(trigger);
    }

    @Override
    public void asserted() {
        // messages have no level
    }

    /**
     * Wires a block of vectors. Where one fails, it and those before it have no signal, whatever they had, as in
     * vfio_msi_set_block.
     */
    void wire(IrqChange change) {
        IrqRequest request = change.request();
        int i = 0;
        try {
            for (; i < request.count(); i++) {
                wire(change, request.start() + i, i);
            }
        } catch (RuntimeException e) {
            for (; i >= 0; i--) {
                unwire(request.start() + i);
            }
            throw e;
        }
    }

    private void wire(IrqChange change, int vector, int i) {
        if (change.request().signal(i) == null) {
            unwire(vector);
            return;
        }
        allocate(change.request(), vector);
        EventSignal signal = change.signal(i);
        if (triggers.getAndSet(vector, signal) == PENDING) {
            change.later(() -> fire(vector));
        }
    }

    private void unwire(int vector) {
        triggers.updateAndGet(vector, trigger -> trigger == PENDING ? PENDING : null);
    }

    /** Allocates a vector, which stays allocated until all are given back, also where it gets no signal after all. */
    private void allocate(IrqRequest request, int vector) {
        if (allocated.get(vector)) {
            return;
        }
        if (!dynamic) {
            throw request.invalid("vector " + vector + " is not enabled; disable the index first, then enable more");
        }
        lines.add(vector);
        allocated.set(vector);
    }

    /** Fires a vector that has a signal, as the device would. */
    void fire(int vector) {
        Signals.send(triggers.get(vector));
    }

    @Override
    public void end(IrqChange change) {
        Signals.close(lines::disconnect, "the bus that was to give vectors back");
        for (int i = 0; i < triggers.length(); i++) {
            triggers.set(i, null);
        }
    }
}
