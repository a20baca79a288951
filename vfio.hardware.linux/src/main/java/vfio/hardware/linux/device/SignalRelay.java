// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import vfio.core.EventSignal;
import vfio.core.VfioException;
import vfio.os.EventFd;
import vfio.os.Kernel;

/** An eventfd between the kernel and what is no eventfd, until its end. */
record SignalRelay(EventFd event, AutoCloseable listening) {

    /** @param signal what is called on the event loop: short */
    static SignalRelay to(Kernel kernel, EventSignal signal) {
        EventFd event = kernel.eventFd();
        try {
            return new SignalRelay(event, event.listen(signal::signal));
        } catch (VfioException e) {
            event.close();
            throw e;
        }
    }

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
