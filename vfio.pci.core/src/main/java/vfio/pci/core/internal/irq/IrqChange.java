// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;

/**
 * One request to change a function's interrupts, from before the lock is taken until after it is released. Signals are code
 * of users: whether they are usable is asked before the lock is taken, and they are called after it is released.
 */
final class IrqChange {
    private final IrqRequest request;
    private final boolean[] usable;
    private final List<Runnable> later = new ArrayList<>();
    private int answer;

    /** Asks the signals of a request; null stands for the close of the function, which sets no signal. */
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

    /** Tells whether the request means the interrupt {@code i}: by DATA_NONE, or by a true of DATA_BOOL. */
    boolean means(int i) {
        return request.data() == IrqRequest.DATA_NONE || request.data() == IrqRequest.DATA_BOOL && request.value(i);
    }

    /**
     * Returns a signal of DATA_EVENTFD, null for none.
     *
     * @throws VfioException EBADF where it is closed
     */
    EventSignal signal(int i) {
        if (!usable[i]) {
            throw request.refused(Errno.EBADF, "signal " + i + " is closed");
        }
        return request.signal(i);
    }

    /** Returns how many vectors are available, where they are fewer than asked for; 0 otherwise. */
    int answer() {
        return answer;
    }

    void answer(int available) {
        answer = available;
    }

    /** Leaves an act until the lock is free. */
    void later(Runnable act) {
        later.add(act);
    }

    /** Does what {@link #later} has left; called when the lock is free. */
    void finish() {
        later.forEach(Runnable::run);
    }
}
