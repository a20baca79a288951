// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import java.util.function.BooleanSupplier;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.InterruptLines.Kind;

/** What SET_IRQS does to MSI or to MSI-X, row by row (vfio_pci_intrs.c); under the lock of {@link Interrupts}. */
final class MessageRows {
    private final Kind kind;
    private final InterruptLines lines;
    private final int most;
    private final BooleanSupplier awake;

    /**
     * @param most how many vectors the function has
     * @param awake whether it is in D0
     */
    MessageRows(Kind kind, InterruptLines lines, int most, BooleanSupplier awake) {
        this.awake = awake;
        this.kind = kind;
        this.lines = lines;
        this.most = most;
    }

    /**
     * @param inUse what is in use, or null
     * @return what is in use now, or null
     */
    InterruptMode set(InterruptMode inUse, IrqChange change) {
        IrqRequest request = change.request();
        if (request.action() != IrqRequest.ACTION_TRIGGER) {
            throw Interrupts.noSuchAction(request);
        }
        MessageVectors vectors = vectors(inUse, request);
        if (vectors != null && request.count() == 0 && request.data() == IrqRequest.DATA_NONE) {
            vectors.end(change);
            return null;
        }
        if (request.data() == IrqRequest.DATA_EVENTFD) {
            if (vectors == null) {
                return enable(change);
            }
            vectors.wire(change);
            return vectors;
        }
        if (vectors == null) {
            throw request.invalid(kind + " is not in use");
        }
        for (int i = 0; i < request.count(); i++) {
            int vector = request.start() + i;
            if (change.means(i)) {
                change.later(() -> vectors.fire(vector));
            }
        }
        return vectors;
    }

    private MessageVectors vectors(InterruptMode inUse, IrqRequest request) {
        if (inUse != null && inUse.kind() != kind) {
            throw request.invalid(inUse.kind() + " is in use; disable it first");
        }
        return (MessageVectors) inUse;
    }

    /**
     * @return null, and the answer set, where fewer vectors are available than asked for
     * @throws VfioException ERANGE for none at all, EINVAL for a function that is not in D0, as from pci_alloc_irq_vectors,
     *     which looks at that first for MSI; ENOSPC where there are none; EBADF for a signal that is closed; or the bus's
     *     errno
     */
    private InterruptMode enable(IrqChange change) {
        int needed = change.request().start() + change.request().count();
        if (needed == 0 && (kind == Kind.MSIX || awake.getAsBoolean())) {
            throw change.request().refused(Errno.ERANGE, "no vector is asked for");
        }
        if (!awake.getAsBoolean()) {
            throw change.request().invalid("the function is not in D0");
        }
        int available = lines.available(kind);
        if (available < 1) {
            throw change.request().refused(Errno.ENOSPC, "no vector is left on this host");
        }
        if (available < needed) {
            change.answer(available);
            return null;
        }
        MessageVectors vectors = new MessageVectors(kind, lines, most, needed);
        lines.connect(kind, needed, vectors);
        try {
            vectors.wire(change);
        } catch (RuntimeException e) {
            vectors.end(change);
            throw e;
        }
        return vectors;
    }
}
