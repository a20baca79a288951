// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import org.osgi.annotation.versioning.ConsumerType;

/** A signal that an interrupt gives: to a callback in this process, or to an eventfd that another process waits for. */
@ConsumerType
public interface EventSignal {

    /**
     * Signals once. The side that raises the interrupt calls this on any thread, so an implementation neither blocks nor
     * throws. Several signals that nobody has seen yet may become one.
     */
    void signal();

    /** Tells whether the signal is open. A device refuses to wire an interrupt to a closed one with EBADF. */
    default boolean usable() {
        return true;
    }

    /**
     * Calls {@code onSignal} after each signal from any side; an event unmasks an interrupt in this way. A signal that nobody
     * has seen yet counts too, as with the kernel's irqfd: then {@code onSignal} is called before this method returns.
     *
     * @return the closeable that ends the calls; after its close only a call under way goes on
     * @throws VfioException EINVAL for a signal that takes no listeners
     */
    default AutoCloseable listen(Runnable onSignal) {
        throw new VfioException(Errno.EINVAL, "listen to a signal that only calls back; use an EventCounter or an eventfd");
    }

    /** Returns a signal that runs {@code callback}, which must be short. */
    static EventSignal calling(Runnable callback) {
        return callback::run;
    }
}
