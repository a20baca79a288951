// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Queue;
import vfio.core.Thrown;
import vfio.pci.core.bus.PciBus.Listener;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

/**
 * The teller of changes to one listener, one at a time and in order, from {@code announce} to its close. No lock is held
 * while the listener is called, so it may call the bus back and wait for locks of its own.
 */
final class Announcer {
    private static final Logger LOG = System.getLogger(Announcer.class.getName());

    /** A function that appeared, or the address of one that is gone. */
    private record Change(PciFunction added, PciAddress removed) {
    }

    private final Listener listener;
    private final Queue<Change> changes = new ArrayDeque<>();
    private Thread telling;
    private boolean closed;

    /**
     * Makes an announcer whose first news is what is present. The calling thread tells that by {@link #tellFirst}; until then
     * other threads leave their changes to it.
     */
    Announcer(Listener listener, Collection<? extends PciFunction> present) {
        this.listener = listener;
        telling = Thread.currentThread();
        present.forEach(this::added);
    }

    /** Queues the news of a function that was plugged in. */
    synchronized void added(PciFunction function) {
        changes.add(new Change(function, null));
    }

    /** Queues the news of a function that was unplugged. */
    synchronized void removed(PciAddress address) {
        changes.add(new Change(null, address));
    }

    /** Tells the first news, and changes that came meanwhile. */
    void tellFirst() {
        tellAll();
    }

    /** Tells what is queued, unless another thread is telling: that thread then tells this too. */
    void tell() {
        synchronized (this) {
            if (telling != null) {
                return;
            }
            telling = Thread.currentThread();
        }
        tellAll();
    }

    private void tellAll() {
        for (Change change = next(); change != null; change = next()) {
            try {
                if (change.added != null) {
                    listener.added(change.added);
                } else {
                    listener.removed(change.removed);
                }
            } catch (Throwable e) { // others wait for this one: it must not end half told
                LOG.log(Level.ERROR, "the listener of the emulated bus failed at " + change + ": the change stands",
                        Thrown.copy(e));
            }
        }
    }

    private synchronized Change next() {
        Change change = closed ? null : changes.poll();
        if (change == null) {
            telling = null;
            notifyAll();
        }
        return change;
    }

    /** Ends the telling; returns when no call to the listener is under way, but for one that this call comes from. */
    synchronized void close() {
        closed = true;
        changes.clear();
        boolean interrupted = false;
        while (telling != null && telling != Thread.currentThread()) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
