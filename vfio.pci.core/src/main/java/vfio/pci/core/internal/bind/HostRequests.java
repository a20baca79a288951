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
 * Does what a host asks for while it waits: a function that it wants back, or that is being unplugged, goes the orderly road,
 * and its host's file is closed at the end of that. Each request has a thread until then.
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

    /** What hears a function while it is open. */
    HostDevice.Listener of(FunctionSlot slot) {
        return new HostDevice.Listener() {
            @Override
            public void requested() {
                if (leaving.add(slot)) { // else the host says it again
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
        } catch (Throwable e) { // a bus may be broken, too
            events.record("request", slot.name(), "it was not let go of: " + Thrown.text(e));
        } finally {
            leaving.remove(slot);
        }
    }
}
