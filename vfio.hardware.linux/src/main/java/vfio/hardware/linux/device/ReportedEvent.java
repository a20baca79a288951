// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;

/**
 * ERR or REQ of a device: the kernel signals us, and we the user and the core. What a user wires and fires ends here, by the
 * rules of vfio_pci_set_ctx_trigger_single (vfio_pci_intrs.c), so that his own firing tells nobody else.
 */
final class ReportedEvent {
    private final Runnable told;
    private EventSignal user;

    /** @param told on the event loop: short */
    ReportedEvent(Runnable told) {
        this.told = told;
    }

    /** The kernel has signalled. */
    void came() {
        fire();
        told.run();
    }

    private synchronized void fire() {
        if (user != null && user.usable()) {
            user.signal();
        }
    }

    /** What is wrong in itself is the kernel's to answer. */
    boolean takes(IrqRequest request) {
        return request.action() == IrqRequest.ACTION_TRIGGER && request.start() == 0
                && (request.count() == 0 || request.count() == 1);
    }

    /** @return 0 */
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
