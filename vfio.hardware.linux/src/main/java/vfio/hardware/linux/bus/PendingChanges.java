// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import vfio.core.thread.Deadline;
import vfio.pci.core.id.PciAddress;

/** The changes of which the kernel has told since they were last taken, and the pause until they are to be looked at. */
final class PendingChanges {
    private final Set<PciAddress> rebound = new TreeSet<>();
    private boolean woken;
    private boolean lost;
    private boolean closed;

    /**
     * The changes since the last time.
     *
     * @param scan whether functions may have come or gone, or events were lost
     * @param lost whether events were lost, so that the host driver of any function may have changed
     * @param rebound the functions whose host driver may have changed
     */
    record Changes(boolean scan, boolean lost, List<PciAddress> rebound) {
    }

    /**
     * Adds an event and ends the longer pause.
     *
     * @param changed the function whose host driver has changed, or null where a function may have come or gone
     */
    synchronized void add(PciAddress changed) {
        if (changed != null) {
            rebound.add(changed);
        }
        woken = true;
        notifyAll();
    }

    /** Adds that events were lost. */
    synchronized void lose() {
        lost = true;
        add(null);
    }

    /** Returns the changes, and forgets them. */
    synchronized Changes take() {
        Changes heard = new Changes(woken, lost, List.copyOf(rebound));
        rebound.clear();
        woken = false;
        lost = false;
        return heard;
    }

    /**
     * Waits until it is time to look for changes.
     *
     * @param heard the nanoseconds to wait where there are changes
     * @param unheard the nanoseconds to wait where there are none
     * @return false once closed
     */
    synchronized boolean await(long heard, long unheard) throws InterruptedException {
        Deadline always = Deadline.in(Duration.ofNanos(heard));
        Deadline quiet = Deadline.in(Duration.ofNanos(unheard));
        for (long left = woken ? heard : unheard; left > 0 && !closed; left = (woken ? always : quiet).leftNanos()) {
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        return !closed;
    }

    /** Ends a wait, and all later ones at once. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
