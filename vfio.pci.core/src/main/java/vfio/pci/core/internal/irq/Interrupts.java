// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import java.util.function.BooleanSupplier;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.info.IrqInfo;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.InterruptLines.Kind;
import vfio.pci.core.id.IrqIndex;

/**
 * The interrupts of an open function (vfio_pci_intrs.c): one of INTx, MSI and MSI-X in use at a time, and beside them ERR
 * and REQ. Made at the first open, closed at the last close; safe from any thread.
 *
 * <p>One lock orders what users set. No user's code runs under it, and delivery takes no lock. Once a call that disabled an
 * index, or took a signal away, has returned, nothing that the device raises after that gives the signal; a delivery that
 * was under way may still end.
 */
public final class Interrupts {
    private final Object lock = new Object();
    private final Counts counts;
    private final InterruptLines lines;
    private final IntxLine line;
    private final IntxRows intx;
    private final MessageRows msi;
    private final MessageRows msix;
    private final SingleSignal error = new SingleSignal();
    private final SingleSignal request = new SingleSignal();
    private volatile InterruptMode inUse;
    private boolean closed;

    /**
     * What a function has.
     *
     * @param intx whether its user sees an interrupt pin
     * @param msi vectors of its MSI capability, 0 to 32
     * @param msix vectors of its MSI-X capability, 0 to 2048
     * @param express whether it is a PCI Express device, which can report errors
     */
    public record Counts(boolean intx, int msi, int msix, boolean express) {
    }

    /** Makes the interrupts of a function that is always in D0. */
    public Interrupts(Counts counts, InterruptLines lines, IntxMask mask) {
        this(counts, lines, mask, () -> true);
    }

    /**
     * Makes the interrupts of a function.
     *
     * @param awake whether the function is in D0, without which it gets no vectors
     */
    public Interrupts(Counts counts, InterruptLines lines, IntxMask mask, BooleanSupplier awake) {
        this.counts = counts;
        this.lines = lines;
        line = new IntxLine(lines, mask);
        intx = new IntxRows(lines, line);
        msi = new MessageRows(Kind.MSI, lines, counts.msi, awake);
        msix = new MessageRows(Kind.MSIX, lines, counts.msix, awake);
    }

    /**
     * Answers VFIO_DEVICE_GET_IRQ_INFO.
     *
     * @throws VfioException EINVAL for an index that is not there: above REQ, or ERR of what is not PCI Express
     */
    public IrqInfo info(int index) {
        if (index < 0 || index >= IrqIndex.NUM_IRQS || index == IrqIndex.ERR && !counts.express) {
            throw new VfioException(Errno.EINVAL, "get interrupt info: index " + Integer.toUnsignedString(index)
                    + " is not one of INTx 0, MSI 1, MSI-X 2, ERR 3 of a PCI Express device, REQ 4");
        }
        int flags = switch (index) {
            case IrqIndex.INTX -> IrqInfo.MASKABLE | IrqInfo.AUTOMASKED;
            case IrqIndex.MSIX -> counts.msix > 0 && lines.dynamicMsix() ? 0 : IrqInfo.NORESIZE;
            default -> IrqInfo.NORESIZE;
        };
        return new IrqInfo(index, IrqInfo.EVENTFD | flags, count(index));
    }

    private int count(int index) {
        return switch (index) {
            case IrqIndex.INTX -> counts.intx ? 1 : 0;
            case IrqIndex.MSI -> counts.msi;
            case IrqIndex.MSIX -> counts.msix;
            case IrqIndex.ERR -> counts.express ? 1 : 0;
            case IrqIndex.REQ -> 1;
            default -> 0;
        };
    }

    /**
     * Does VFIO_DEVICE_SET_IRQS.
     *
     * @return 0, or how many vectors are available where they are fewer than asked for, and nothing has changed
     * @throws VfioException EINVAL where the request is wrong in itself, or another kind is in use; ENOTTY where the index
     *     has no such action; ENODEV, EBUSY, ENOSPC, ERANGE or EBADF as the kernel; ENODEV once closed
     */
    public int set(IrqRequest wanted) {
        wanted.check(IrqIndex.NUM_IRQS, count(wanted.index()));
        IrqChange change = new IrqChange(wanted);
        try {
            synchronized (lock) {
                if (closed) {
                    throw wanted.refused(Errno.ENODEV, "the function is closed; open it again");
                }
                set(change);
            }
        } finally {
            change.finish();
        }
        return change.answer();
    }

    private void set(IrqChange change) {
        switch (change.request().index()) {
            case IrqIndex.INTX -> inUse = intx.set(inUse, change);
            case IrqIndex.MSI -> inUse = msi.set(inUse, change);
            case IrqIndex.MSIX -> inUse = msix.set(inUse, change);
            case IrqIndex.ERR -> set(error, change);
            default -> set(request, change);
        }
    }

    private static void set(SingleSignal signal, IrqChange change) {
        if (change.request().action() != IrqRequest.ACTION_TRIGGER) {
            throw noSuchAction(change.request());
        }
        signal.set(change);
    }

    static VfioException noSuchAction(IrqRequest wanted) {
        return wanted.refused(Errno.ENOTTY, "the index has no such action, or there is not exactly one");
    }

    /** Closes the function: gives vectors back to the bus, then lets go of the signals, those of ERR and REQ last. */
    public void close() {
        IrqChange change = new IrqChange(null);
        synchronized (lock) {
            closed = true;
            if (inUse != null) {
                inUse.end(change);
                inUse = null;
            }
            error.clear();
            request.clear();
        }
        change.finish();
    }

    /**
     * Signals ERR: the function has reported an error.
     *
     * @return whether anybody is told
     */
    public boolean error() {
        return error.send();
    }

    /**
     * Signals REQ: the host wants the function back.
     *
     * @return whether anybody is told: else it stays in use until its users close it by themselves
     */
    public boolean request() {
        return request.send();
    }

    /**
     * Follows INTx Disable as the user has it in the command register (virq_disabled): it masks, and keeps signals back.
     * After it was cleared {@link #unmaskIntx} is to be called, without a lock; until then it stays masked.
     */
    public void intxDisabled(boolean disabled) {
        line.disable(disabled);
    }

    /**
     * Masks INTx for the core's own purposes, as before a runtime suspend.
     *
     * @return whether {@link #unmaskIntx} is to be called after; false where INTx is not in use or was masked before
     */
    public boolean maskIntx() {
        InterruptMode now = inUse;
        return now != null && now.kind() == Kind.INTX && line.mask();
    }

    /** Undoes {@link #maskIntx}; what is pending is signalled, so no lock is held. */
    public void unmaskIntx() {
        line.unmask();
    }

    public boolean msiInUse() {
        InterruptMode now = inUse;
        return now != null && now.kind() == Kind.MSI;
    }

    /**
     * Returns how many MSI vectors a user may have, log2: those enabled, or while MSI is not in use those of the capability.
     */
    public int msiQmax() {
        InterruptMode now = inUse;
        int vectors = now instanceof MessageVectors enabled && enabled.kind() == Kind.MSI ? enabled.enabled() : counts.msi;
        return Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(vectors, 1) - 1);
    }
}
