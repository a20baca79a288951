// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import vfio.core.EventLog;
import vfio.core.Thrown;
import vfio.core.thread.DaemonThread;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.internal.slot.FunctionSlot;

/**
 * The requests of hosts for open functions. A function that its host wants back, or that is being unplugged, is detached on
 * the orderly road, which closes the host's file at its end; the host waits for that. Each request has a thread until then.
 */
final class HostRequests {
    private final Binder binder;
    private final EventLog events;
    private final Supplier<Duration> drain;
    private final Set<FunctionSlot> leaving = ConcurrentHashMap.newKeySet();

    HostRequests(Binder binder, EventLog events, Supplier<Duration> drain) {
        this.binder = binder;
        this.events = events;
        this.drain = drain;
    }

    /** Returns the listener of a function while the function is open. */
    HostDevice.Listener of(FunctionSlot slot) {
        return new HostDevice.Listener() {
            @Override
            public void requested() {
                if (leaving.add(slot)) { // else a thread is at it: the host repeats its request
                    DaemonThread.start("vfio-request-" + slot.address(), () -> release(slot));
                }
            }

            @Override
            public void errorDetected() {
                events.record("error", slot.name(), "it has reported an uncorrectable error to its host; reset it");
            }
        };
    }

    private void release(FunctionSlot slot) {
        events.record("request", slot.name(), "its host wants it back: it is being unplugged, or unbound there");
        try {
            slot.exclusively(() -> {
                if (slot.bound() != null) {
                    slot.unbound(true);
                    binder.detach(slot, drain.get());
                }
            });
        } catch (Throwable e) { // a bus may be broken, and throw anything
            events.record("request", slot.name(), "it was not let go of: " + Thrown.text(e));
        } finally {
            leaving.remove(slot);
        }
    }
}
