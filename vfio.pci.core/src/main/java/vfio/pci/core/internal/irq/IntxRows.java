// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.InterruptLines.Kind;

/** What SET_IRQS does to INTx, row by row (vfio_pci_intrs.c); under the lock of {@link Interrupts}. */
final class IntxRows {
    private final InterruptLines lines;
    private final IntxLine line;

    IntxRows(InterruptLines lines, IntxLine line) {
        this.lines = lines;
        this.line = line;
    }

    /**
     * @param inUse what is in use, or null
     * @return what is in use now, or null
     */
    InUse set(InUse inUse, Turn turn) {
        switch (turn.request().action()) {
            case IrqRequest.ACTION_TRIGGER -> {
                return trigger(inUse, turn);
            }
            case IrqRequest.ACTION_MASK -> mask(inUse, turn);
            case IrqRequest.ACTION_UNMASK -> unmask(inUse, turn);
            default -> throw Interrupts.noSuchAction(turn.request());
        }
        return inUse;
    }

    private static IntxConnection connection(InUse inUse, IrqRequest request) {
        if (inUse instanceof IntxConnection connection && request.start() == 0 && request.count() == 1) {
            return connection;
        }
        throw request.invalid("INTx must be in use, and is one interrupt");
    }

    private void mask(InUse inUse, Turn turn) {
        connection(inUse, turn.request());
        if (turn.request().data() == IrqRequest.DATA_EVENTFD) {
            throw turn.request().refused(Errno.ENOTTY, "INTx is not masked by a signal; mask it by DATA_NONE");
        }
        if (turn.means(0)) {
            line.mask();
        }
    }

    private void unmask(InUse inUse, Turn turn) {
        IntxConnection connection = connection(inUse, turn.request());
        if (turn.request().data() == IrqRequest.DATA_EVENTFD) {
            EventSignal signal = turn.signal(0);
            turn.later(() -> connection.unmaskBy(turn.request(), signal));
        } else if (turn.means(0)) {
            turn.later(connection::unmask);
        }
    }

    private InUse trigger(InUse inUse, Turn turn) {
        IrqRequest request = turn.request();
        if (inUse != null && inUse.kind() == Kind.INTX && request.count() == 0 && request.data() == IrqRequest.DATA_NONE) {
            inUse.end(turn);
            return null;
        }
        if (inUse == null && request.data() == IrqRequest.DATA_EVENTFD && request.start() == 0 && request.count() == 1) {
            return enable(turn);
        }
        IntxConnection connection = connection(inUse, request);
        if (request.data() == IrqRequest.DATA_EVENTFD) {
            connection.trigger(turn.signal(0));
        } else if (turn.means(0)) {
            turn.later(connection::send);
        }
        return inUse;
    }

    /** @throws VfioException EBADF for a closed signal; ENODEV where the pin leads nowhere; EBUSY, or the bus's errno */
    private InUse enable(Turn turn) {
        EventSignal signal = turn.signal(0);
        if (lines.available(Kind.INTX) < 1) {
            throw turn.request().refused(Errno.ENODEV, "the function's interrupt pin leads nowhere; use MSI or MSI-X");
        }
        if (line.shared()) {
            throw turn.request().refused(Errno.EBUSY,
                    "other functions raise on the same line and this one cannot be masked by itself; use MSI or MSI-X");
        }
        IntxConnection connection = line.connect(signal);
        turn.later(connection::start);
        return connection;
    }
}
