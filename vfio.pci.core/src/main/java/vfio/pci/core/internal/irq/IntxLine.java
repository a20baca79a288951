// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import vfio.core.EventSignal;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.InterruptLines.Kind;

/**
 * A function's INTx and whether it is masked, for as long as the function is open; safe from any thread, without a lock.
 *
 * <p>One word holds what counts: whether it is masked, whether the user has disabled it in the command register, and which
 * {@link IntxConnection} is in use, so that one that has ended changes nothing any more. The mask of the hardware follows
 * the word: whoever changes the word brings the mask after it, or leaves that to whoever is doing so.
 */
final class IntxLine {
    private static final long MASKED = 1;
    private static final long DISABLED = 1 << 1;
    private static final int FLAGS = 2;

    private final InterruptLines lines;
    private final IntxMask mask;
    /** Flags, and above them the number of the connection in use; no number comes twice. */
    private final AtomicLong word = new AtomicLong();
    /** Changes of the word that the mask does not show yet. */
    private final AtomicInteger unseen = new AtomicInteger();
    private volatile IntxConnection connection;

    IntxLine(InterruptLines lines, IntxMask mask) {
        this.lines = lines;
        this.mask = mask;
    }

    /** Tells whether the line would be shared by a function that can only have it alone. */
    boolean shared() {
        return lines.shared() && !mask.shareable();
    }

    /** Tells whether the line is asserted; a function that cannot be asked asserts nothing. */
    boolean pending() {
        try {
            return mask.pending();
        } catch (RuntimeException e) {
            Signals.warn("a function that was asked whether INTx is pending", e);
            return false;
        }
    }

    /** Connects it to the bus, masked where the user has disabled INTx; nothing is signalled before the start. */
    IntxConnection connect(EventSignal trigger) {
        long now = word.updateAndGet(old -> next(old) | ((old & DISABLED) != 0 ? DISABLED | MASKED : 0));
        settle();
        IntxConnection made = new IntxConnection(this, now >>> FLAGS, trigger);
        connection = made;
        try {
            lines.connect(Kind.INTX, 1, made);
        } catch (RuntimeException e) {
            forget();
            throw e;
        }
        return made;
    }

    /** Ends the connection in use. */
    void disconnect() {
        Signals.close(lines::disconnect, "a bus that was to give INTx back");
        forget();
    }

    private void forget() {
        connection = null;
        word.updateAndGet(old -> next(old) | old & (MASKED | DISABLED));
    }

    private static long next(long old) {
        return (old >>> FLAGS) + 1 << FLAGS;
    }

    /** @return whether it was not masked before */
    boolean mask() {
        long old = word.getAndUpdate(now -> now | MASKED);
        settle();
        return (old & MASKED) == 0;
    }

    /** Masks it for a connection; only one of those who see it pending does. */
    boolean maskFor(long connected) {
        while (true) {
            long now = word.get();
            if (now >>> FLAGS != connected || (now & MASKED) != 0 || !pending()) {
                return false;
            }
            if (word.compareAndSet(now, now | MASKED)) {
                settle();
                return true;
            }
        }
    }

    /** Unmasks it, or where it is pending leaves it masked and signals it again. Nothing while the user has disabled it. */
    void unmask() {
        IntxConnection inUse = connection;
        if (inUse != null) {
            inUse.unmask();
        } else {
            unmaskFor(word.get() >>> FLAGS);
        }
    }

    /** @return false where nothing was to be unmasked */
    boolean unmaskFor(long connected) {
        while (true) {
            long now = word.get();
            if (!maskedOnly(now, connected)) {
                return false;
            }
            if (word.compareAndSet(now, now & ~MASKED)) {
                settle();
                return true;
            }
        }
    }

    /** Tells whether a connection is in use and masked, and not because the user has disabled INTx. */
    boolean maskedOnly(long connected) {
        return maskedOnly(word.get(), connected);
    }

    private static boolean maskedOnly(long now, long connected) {
        return now >>> FLAGS == connected && (now & (MASKED | DISABLED)) == MASKED;
    }

    /**
     * The INTx Disable bit that the user sees has changed: it masks, and nothing is signalled while it is set. Calls no
     * signal; once it is clear, {@link #unmask} is to follow.
     */
    void disable(boolean wanted) {
        if (wanted) {
            word.updateAndGet(now -> now | MASKED | DISABLED);
            settle();
        } else {
            word.updateAndGet(now -> now & ~DISABLED);
        }
    }

    boolean disabled() {
        return (word.get() & DISABLED) != 0;
    }

    /** Brings the mask of the hardware after the word. */
    private void settle() {
        if (unseen.getAndIncrement() != 0) {
            return; // whoever is at it sees this change too
        }
        int seen = 1;
        while (seen != 0) {
            try {
                mask.set((word.get() & MASKED) != 0);
            } catch (RuntimeException e) { // hardware that is gone; the word goes on being right
                Signals.warn("a function whose INTx was masked or unmasked", e);
            }
            seen = unseen.addAndGet(-seen);
        }
    }
}
