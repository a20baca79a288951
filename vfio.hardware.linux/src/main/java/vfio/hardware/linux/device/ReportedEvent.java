// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;

/**
 * The interrupt ERR or REQ of a device: the kernel signals this program, and this program the user and the core. A user's
 * wiring and firing ends here, by the rules of vfio_pci_set_ctx_trigger_single (vfio_pci_intrs.c), so that firing tells only
 * the user.
 */
final class ReportedEvent {
    private final Runnable told;
    private EventSignal user;

    /**
     * Makes an event that nothing is wired to.
     *
     * @param told called on the thread that waits for all descriptors; the call must be short
     */
    ReportedEvent(Runnable told) {
        this.told = told;
    }

    /** Tells the user and the core that the kernel has signalled. */
    void came() {
        fire();
        told.run();
    }

    private synchronized void fire() {
        if (user != null && user.usable()) {
            user.signal();
        }
    }

    /** Tells whether a request is well formed; the kernel answers all others. */
    boolean takes(IrqRequest request) {
        return request.action() == IrqRequest.ACTION_TRIGGER && request.start() == 0
                && (request.count() == 0 || request.count() == 1);
    }

    /**
     * Wires, unwires or fires.
     *
     * @return 0
     * @throws vfio.core.VfioException EINVAL, EBADF as the kernel
     */
    synchronized int set(IrqRequest request) {
        boolean none = request.data() == IrqRequest.DATA_NONE;
        if (none ? user == null : request.count() == 0) {
            throw request.refused(Errno.EINVAL, none ? "nothing is wired" : "it says nothing");
        }
        if (request.data() == IrqRequest.DATA_EVENTFD) {
            wire(request);
        } else if (none && request.count() == 0) {
            user = null;
        } else if (none || request.value(0)) {
            fire();
        }
        return 0;
    }

    private void wire(IrqRequest request) {
        EventSignal signal = request.signal(0);
        if (request.negative(0)) {
            throw request.refused(Errno.EINVAL, "the number of a file is -1 or more");
        }
        if (signal != null && !signal.usable()) {
            throw request.refused(Errno.EBADF, "the signal is closed");
        }
        user = signal;
    }
}
