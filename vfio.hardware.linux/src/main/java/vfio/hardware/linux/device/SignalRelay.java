// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import vfio.core.EventSignal;
import vfio.core.VfioException;
import vfio.os.EventFd;
import vfio.os.Kernel;

/** An eventfd between the kernel and a signal that is no eventfd. */
record SignalRelay(EventFd event, AutoCloseable listening) {

    /**
     * Makes a relay.
     *
     * @param signal called on the thread that waits for all descriptors; the call must be short
     */
    static SignalRelay to(Kernel kernel, EventSignal signal) {
        EventFd event = kernel.eventFd();
        try {
            return new SignalRelay(event, event.listen(signal::signal));
        } catch (VfioException e) {
            event.close();
            throw e;
        }
    }

    /** Ends the relay: no call of the signal begins any more. */
    void end() {
        try {
            listening.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            event.close();
        }
    }
}
