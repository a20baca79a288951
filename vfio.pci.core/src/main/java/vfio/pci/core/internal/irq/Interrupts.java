// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import vfio.core.Errno;
import vfio.core.IrqInfo;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.InterruptLines.Kind;

/**
 * The interrupts of an open function (drivers/vfio/pci/vfio_pci_intrs.c): one of INTx, MSI and MSI-X in use at a time, and
 * beside them ERR and REQ.
 *
 * <p>Locks: its own for what users set; INTx has another inside. None is held while a signal is given.
 */
public final class Interrupts {
    public static final int INTX = 0;
    public static final int MSI = 1;
    public static final int MSIX = 2;
    public static final int ERR = 3;
    public static final int REQ = 4;
    /** How many indices there are. */
    public static final int INDICES = 5;

    private final Counts counts;
    private final InterruptLines lines;
    private final IntxLine intx;
    private final SingleSignal error = new SingleSignal();
    private final SingleSignal request = new SingleSignal();
    /** What is in use, or null. */
    private volatile Kind kind;
    private MessageVectors vectors;
    private volatile int msiQmax;

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

    Interrupts(Counts counts, InterruptLines lines, IntxMask mask) {
        this.counts = counts;
        this.lines = lines;
        intx = new IntxLine(mask);
        msiQmax = log2(counts.msi);
    }

    private static int log2(int vectors) {
        return vectors == 0 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(vectors * 2 - 1) - 1;
    }

    /**
     * VFIO_DEVICE_GET_IRQ_INFO.
     *
     * @throws VfioException EINVAL for an index that is not there: above REQ, or ERR of what is not PCI Express
     */
    public IrqInfo info(int index) {
        int flags = switch (index) {
            case INTX -> IrqInfo.MASKABLE | IrqInfo.AUTOMASKED;
            case MSIX -> lines.dynamicMsix() ? 0 : IrqInfo.NORESIZE;
            default -> IrqInfo.NORESIZE;
        };
        return new IrqInfo(index, IrqInfo.EVENTFD | flags, count(index));
    }

    private int count(int index) {
        return switch (index) {
            case INTX -> counts.intx ? 1 : 0;
            case MSI -> counts.msi;
            case MSIX -> counts.msix;
            case REQ -> 1;
            default -> {
                if (index == ERR && counts.express) {
                    yield 1;
                }
                throw new VfioException(Errno.EINVAL, "get interrupt info: index " + Integer.toUnsignedString(index)
                        + " is not one of INTx 0, MSI 1, MSI-X 2, ERR 3 of a PCI Express device, REQ 4");
            }
        };
    }

    /**
     * VFIO_DEVICE_SET_IRQS, after {@link IrqRequest#check}.
     *
     * @return 0, or how many vectors are available where they are fewer than asked for
     * @throws VfioException ENOTTY where the index has no such action; EINVAL, ENODEV, EBUSY or EBADF as the kernel
     */
    public synchronized int set(IrqRequest wanted) {
        int action = wanted.action();
        boolean trigger = action == IrqRequest.ACTION_TRIGGER;
        switch (wanted.index()) {
            case INTX -> {
                return setIntx(wanted, action);
            }
            case MSI, MSIX -> {
                if (trigger) {
                    return setMessages(wanted);
                }
            }
            case ERR -> {
                if (trigger && counts.express) {
                    error.set(wanted);
                    return 0;
                }
            }
            default -> {
                if (trigger) {
                    request.set(wanted);
                    return 0;
                }
            }
        }
        throw noSuchAction(wanted);
    }

    private static VfioException noSuchAction(IrqRequest wanted) {
        return wanted.refused(Errno.ENOTTY, "the index has no such action");
    }

    private int setIntx(IrqRequest wanted, int action) {
        switch (action) {
            case IrqRequest.ACTION_TRIGGER -> triggerIntx(wanted);
            case IrqRequest.ACTION_MASK -> {
                requireIntx(wanted);
                if (wanted.data() == IrqRequest.DATA_EVENTFD) {
                    throw wanted.refused(Errno.ENOTTY, "INTx is not masked by a signal");
                }
                if (wanted.data() == IrqRequest.DATA_NONE || wanted.value(0)) {
                    intx.mask();
                }
            }
            case IrqRequest.ACTION_UNMASK -> {
                requireIntx(wanted);
                if (wanted.data() == IrqRequest.DATA_EVENTFD) {
                    intx.unmaskBy(wanted);
                } else if (wanted.data() == IrqRequest.DATA_NONE || wanted.value(0)) {
                    intx.unmask();
                }
            }
            default -> throw noSuchAction(wanted);
        }
        return 0;
    }

    private void requireIntx(IrqRequest wanted) {
        if (kind != Kind.INTX || wanted.start() != 0 || wanted.count() != 1) {
            throw wanted.invalid("INTx must be in use, and is one interrupt");
        }
    }

    private void triggerIntx(IrqRequest wanted) {
        if (kind == Kind.INTX && wanted.count() == 0 && wanted.data() == IrqRequest.DATA_NONE) {
            disable();
            return;
        }
        if (kind != null && kind != Kind.INTX || wanted.start() != 0 || wanted.count() != 1) {
            throw wanted.invalid("one interrupt, and neither MSI nor MSI-X in use, are needed");
        }
        if (wanted.data() == IrqRequest.DATA_EVENTFD) {
            enableIntx(wanted);
        } else {
            requireIntx(wanted);
            if (wanted.data() == IrqRequest.DATA_NONE || wanted.value(0)) {
                intx.send();
            }
        }
    }

    private void enableIntx(IrqRequest wanted) {
        if (kind == Kind.INTX) {
            intx.trigger(Signals.usable(wanted, 0));
            return;
        }
        intx.enable(Signals.usable(wanted, 0));
        try {
            lines.connect(Kind.INTX, 1, intx);
        } catch (RuntimeException e) {
            intx.disable();
            throw e;
        }
        kind = Kind.INTX;
    }

    private int setMessages(IrqRequest wanted) {
        Kind asked = wanted.index() == MSI ? Kind.MSI : Kind.MSIX;
        if (kind == asked && wanted.count() == 0 && wanted.data() == IrqRequest.DATA_NONE) {
            disable();
            return 0;
        }
        if (kind != null && kind != asked) {
            throw wanted.invalid(kind + " is in use; disable it first");
        }
        if (wanted.data() == IrqRequest.DATA_EVENTFD) {
            return wire(wanted, asked);
        }
        if (kind == null) {
            throw wanted.invalid(asked + " is not in use");
        }
        vectors.fire(wanted);
        return 0;
    }

    private int wire(IrqRequest wanted, Kind asked) {
        if (kind == asked) {
            vectors.wire(wanted);
            return 0;
        }
        int needed = wanted.start() + wanted.count();
        int available = lines.available(asked);
        if (available < needed) {
            if (available <= 0) {
                throw wanted.refused(Errno.ENOSPC, "no vector is left on this host");
            }
            return available;
        }
        enable(asked, needed);
        try {
            vectors.wire(wanted);
        } catch (RuntimeException e) {
            disable();
            throw e;
        }
        return 0;
    }

    private void enable(Kind asked, int needed) {
        boolean dynamic = asked == Kind.MSIX && lines.dynamicMsix();
        vectors = new MessageVectors(lines, asked == Kind.MSI ? counts.msi : counts.msix, needed, dynamic);
        kind = asked; // before it is connected: configuration space asks whether MSI is in use
        msiQmax = asked == Kind.MSI ? log2(needed) : msiQmax;
        try {
            lines.connect(asked, needed, vectors);
        } catch (RuntimeException e) {
            forget();
            throw e;
        }
    }

    /** When it returns no signal is given any more. */
    private void disable() {
        if (kind == null) {
            return;
        }
        lines.disconnect();
        if (kind == Kind.INTX) {
            intx.disable();
        }
        forget();
    }

    private void forget() {
        kind = null;
        if (vectors != null) {
            vectors.clear();
            vectors = null;
        }
        msiQmax = log2(counts.msi);
    }

    /** The function is closed: what is in use ends first, then what users wired. */
    public synchronized void close() {
        disable();
        error.clear();
        request.clear();
    }

    /** The function has reported an error. */
    public void error() {
        error.send();
    }

    /** The function is asked for. */
    public void request() {
        request.send();
    }

    /** The user set or cleared INTx Disable in the command register. */
    public void intxDisabled(boolean disabled) {
        intx.disabled(disabled);
    }

    /** Masks INTx for the core's own purposes. */
    public boolean maskIntx() {
        return kind == Kind.INTX && intx.mask();
    }

    public void unmaskIntx() {
        intx.unmask();
    }

    public boolean msiInUse() {
        return kind == Kind.MSI;
    }

    /** How many MSI vectors a user may have, log2. */
    public int msiQmax() {
        return msiQmax;
    }
}
