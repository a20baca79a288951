// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import vfio.core.EventSignal;
import vfio.pci.core.internal.gate.CallGate;

/**
 * A message of a function that is kept for an owner: it stays wired while the versions of the owner's driver change. What
 * comes while they change is pending, and given to the version that has the function then.
 */
final class KeptInterrupt implements EventSignal {
    private final CallGate gate;
    private final int vector;
    /** Returns the interrupt of this vector as the version that has the function now has it; null where it has none. */
    private final IntFunction<Interrupt> receiver;
    private final AtomicLong pending = new AtomicLong();

    KeptInterrupt(CallGate gate, int vector, IntFunction<Interrupt> receiver) {
        this.gate = gate;
        this.vector = vector;
        this.receiver = receiver;
    }

    @Override
    public void signal() {
        pending.incrementAndGet();
        deliver();
    }

    /**
     * Gives what is pending to its receiver, where there is one already, and no exchange has the gate. The end of the
     * set-up, or of the exchange, calls here again.
     */
    void deliver() {
        if (gate.tryEnter()) {
            try {
                Interrupt interrupt = receiver.apply(vector);
                for (long left = interrupt == null ? 0 : pending.getAndSet(0); left > 0; left--) {
                    interrupt.counter().signal();
                }
            } finally {
                gate.leave();
            }
        }
    }

    /** Takes what a version has not looked at yet, for the version that comes after it. */
    void takeBack(Interrupt from) {
        if (from != null) {
            pending.addAndGet(from.counter().take());
        }
    }

    int vector() {
        return vector;
    }
}
