// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import java.lang.System.Logger.Level;
import java.util.Optional;
import vfio.core.VfioException;
import vfio.os.Kernel;
import vfio.os.Uevent;
import vfio.os.Uevents;

/** The kernel's events of PCI functions, by which announcements are woken until the close. */
final class KernelEvents {
    private static final System.Logger LOG = System.getLogger(KernelEvents.class.getName());

    private final Uevents events;
    private final Announcements announcements;
    private final AutoCloseable waiting;

    private KernelEvents(Kernel kernel, Announcements announcements) {
        this.announcements = announcements;
        events = kernel.uevents();
        try {
            waiting = events.listen(this::hear);
        } catch (VfioException e) {
            events.close();
            throw e;
        }
    }

    /**
     * Begins, and returns how to end it. Without the socket it does nothing: changes are then noticed by looking, within
     * seconds.
     */
    static Runnable wake(Announcements announcements) {
        try {
            return new KernelEvents(Kernel.host(), announcements)::close;
        } catch (VfioException e) {
            LOG.log(Level.WARNING, e.sentence() + "; changes of the linux bus are noticed by looking every few seconds");
            return () -> { };
        }
    }

    private void hear() {
        try {
            for (Optional<Uevent> event = events.next(); event.isPresent(); event = events.next()) {
                if (event.get().property("SUBSYSTEM").equals("pci")) {
                    announcements.heard(event.get().action(), event.get().property("PCI_SLOT_NAME"));
                }
            }
        } catch (VfioException e) { // events were lost
            announcements.lost();
        }
    }

    private void close() {
        try (events) {
            waiting.close();
        } catch (Exception e) { // that of AutoCloseable; the loop throws none
            throw new IllegalStateException(e);
        }
    }
}
