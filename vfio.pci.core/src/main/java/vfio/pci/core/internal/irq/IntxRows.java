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
    InterruptMode set(InterruptMode inUse, IrqChange change) {
        switch (change.request().action()) {
            case IrqRequest.ACTION_TRIGGER -> {
                return trigger(inUse, change);
            }
            case IrqRequest.ACTION_MASK -> mask(inUse, change);
            case IrqRequest.ACTION_UNMASK -> unmask(inUse, change);
            default -> throw Interrupts.noSuchAction(change.request());
        }
        return inUse;
    }

    private static IntxConnection connection(InterruptMode inUse, IrqRequest request) {
        if (inUse instanceof IntxConnection connection && request.start() == 0 && request.count() == 1) {
            return connection;
        }
        throw request.invalid("INTx must be in use, and is one interrupt");
    }

    private void mask(InterruptMode inUse, IrqChange change) {
        connection(inUse, change.request());
        if (change.request().data() == IrqRequest.DATA_EVENTFD) {
            throw change.request().refused(Errno.ENOTTY, "INTx is not masked by a signal; mask it by DATA_NONE");
        }
        if (change.means(0)) {
            line.mask();
        }
    }

    private void unmask(InterruptMode inUse, IrqChange change) {
        IntxConnection connection = connection(inUse, change.request());
        if (change.request().data() == IrqRequest.DATA_EVENTFD) {
            EventSignal signal = change.signal(0);
            change.later(() -> connection.unmaskBy(change.request(), signal));
        } else if (change.means(0)) {
            change.later(connection::unmask);
        }
    }

    private InterruptMode trigger(InterruptMode inUse, IrqChange change) {
        IrqRequest request = change.request();
        if (inUse != null && inUse.kind() == Kind.INTX && request.count() == 0 && request.data() == IrqRequest.DATA_NONE) {
            inUse.end(change);
            return null;
        }
        if (inUse == null && request.data() == IrqRequest.DATA_EVENTFD && request.start() == 0 && request.count() == 1) {
            return enable(change);
        }
        IntxConnection connection = connection(inUse, request);
        if (request.data() == IrqRequest.DATA_EVENTFD) {
            connection.trigger(change.signal(0));
        } else if (change.means(0)) {
            change.later(connection::send);
        }
        return inUse;
    }

    /** @throws VfioException EBADF for a closed signal; ENODEV where the pin leads nowhere; EBUSY, or the bus's errno */
    private InterruptMode enable(IrqChange change) {
        EventSignal signal = change.signal(0);
        if (lines.available(Kind.INTX) < 1) {
            throw change.request().refused(Errno.ENODEV, "the function's interrupt pin leads nowhere; use MSI or MSI-X");
        }
        if (line.shared()) {
            throw change.request().refused(Errno.EBUSY,
                    "other functions raise on the same line and this one cannot be masked by itself; use MSI or MSI-X");
        }
        IntxConnection connection = line.connect(signal);
        change.later(connection::start);
        return connection;
    }
}
