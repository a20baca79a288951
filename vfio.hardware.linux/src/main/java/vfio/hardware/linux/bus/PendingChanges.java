// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import vfio.core.thread.Deadline;
import vfio.pci.core.id.PciAddress;

/** What the kernel has said since it was last asked for, and the pause in which nothing need be looked at; until closed. */
final class PendingChanges {
    private final Set<PciAddress> rebound = new TreeSet<>();
    private boolean woken;
    private boolean lost;
    private boolean closed;

    /**
     * What was heard.
     *
     * @param scan whether functions may have come or gone, or events were lost
     * @param lost whether the host driver of any function may have changed
     * @param rebound those whose host driver may have changed
     */
    record Changes(boolean scan, boolean lost, List<PciAddress> rebound) {
    }

    /** @param changed a function whose host driver has changed, or null */
    synchronized void add(PciAddress changed) {
        if (changed != null) {
            rebound.add(changed);
        }
        woken = true;
        notifyAll();
    }

    /** More was said than could be heard. */
    synchronized void lose() {
        lost = true;
        add(null);
    }

    synchronized Changes take() {
        Changes heard = new Changes(woken, lost, List.copyOf(rebound));
        rebound.clear();
        woken = false;
        lost = false;
        return heard;
    }

    /**
     * Waits.
     *
     * @param heard for so many nanoseconds in any case
     * @param unheard for so many while nothing is heard
     * @return whether to go on after it
     */
    synchronized boolean await(long heard, long unheard) throws InterruptedException {
        Deadline always = Deadline.in(Duration.ofNanos(heard));
        Deadline quiet = Deadline.in(Duration.ofNanos(unheard));
        for (long left = woken ? heard : unheard; left > 0 && !closed; left = (woken ? always : quiet).leftNanos()) {
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        return !closed;
    }

    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
