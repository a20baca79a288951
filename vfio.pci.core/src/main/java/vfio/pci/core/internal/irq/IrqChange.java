// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;

/**
 * One change of a function's interrupts, from before the lock is taken until after it is given back: signals are users'
 * code, so they are asked whether they are usable before, and whatever calls them waits until after.
 */
final class IrqChange {
    private final IrqRequest request;
    private final boolean[] usable;
    private final List<Runnable> later = new ArrayList<>();
    private int answer;

    /** Asks the request's signals; null is the end of everything, which wires nothing. */
    IrqChange(IrqRequest request) {
        this.request = request;
        boolean wires = request != null && request.data() == IrqRequest.DATA_EVENTFD;
        usable = new boolean[wires ? request.count() : 0];
        for (int i = 0; i < usable.length; i++) {
            EventSignal signal = request.signal(i);
            usable[i] = signal == null || signal.usable();
        }
    }

    IrqRequest request() {
        return request;
    }

    /** Whether an interrupt is meant by DATA_NONE, or by a true of DATA_BOOL. */
    boolean means(int i) {
        return request.data() == IrqRequest.DATA_NONE || request.data() == IrqRequest.DATA_BOOL && request.value(i);
    }

    /**
     * DATA_EVENTFD's signal, null for none.
     *
     * @throws VfioException EBADF where it is closed
     */
    EventSignal signal(int i) {
        if (!usable[i]) {
            throw request.refused(Errno.EBADF, "signal " + i + " is closed");
        }
        return request.signal(i);
    }

    /** How many vectors are available, where they are fewer than asked for; 0 otherwise. */
    int answer() {
        return answer;
    }

    void answer(int available) {
        answer = available;
    }

    /** Does something when the lock is free. */
    void later(Runnable act) {
        later.add(act);
    }

    /** Does what was left; the lock is free. */
    void finish() {
        later.forEach(Runnable::run);
    }
}
