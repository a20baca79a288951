// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import org.osgi.annotation.versioning.ConsumerType;

/** What an interrupt triggers: a callback in this process, or an eventfd that another process waits for. */
@ConsumerType
public interface EventSignal {

    /**
     * Something happened. Called by whoever raises the interrupt, on any thread: it neither blocks nor throws. Several
     * signals that nobody has seen yet may become one.
     */
    void signal();

    /** False once closed: what would be wired to it is refused with EBADF. */
    default boolean usable() {
        return true;
    }

    /**
     * Calls {@code onSignal} after each signal, whoever gives it; this is how an interrupt is unmasked by an event. A signal
     * that nobody has seen yet may be among them, as with the kernel's irqfd: then it is called before this returns.
     *
     * @return ends that; no call comes after its close, one under way excepted
     * @throws VfioException EINVAL where the signal cannot be listened to
     */
    default AutoCloseable listen(Runnable onSignal) {
        throw new VfioException(Errno.EINVAL, "listen to a signal that only calls back; use an EventCounter or an eventfd");
    }

    /** A signal that runs {@code callback}, which must be short. */
    static EventSignal calling(Runnable callback) {
        return callback::run;
    }
}
