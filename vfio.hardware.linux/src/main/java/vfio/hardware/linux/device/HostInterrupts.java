// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.os.EventFd;
import vfio.os.Fd;
import vfio.os.Kernel;
import vfio.os.call.NativeBytes;

/**
 * The interrupts of a function that the kernel has. A signal that is an eventfd goes to the kernel as it is; any other signal
 * gets an eventfd that is listened to as long as the signal is wired.
 */
final class HostInterrupts implements AutoCloseable {
    private final Kernel kernel;
    private final Fd device;
    /** The relays for signals that are no eventfd. */
    private final Map<Wire, SignalRelay> relays = new HashMap<>();

    HostInterrupts(Kernel kernel, Fd device) {
        this.kernel = kernel;
        this.device = device;
    }

    /** The place where a signal is wired: an action of an interrupt. */
    private record Wire(int action, int index, int interrupt) {
    }

    /**
     * Sets interrupts.
     *
     * @return 0, or the number of available vectors where they are fewer than asked for
     */
    synchronized int set(IrqRequest request) {
        Map<EventSignal, SignalRelay> made = new IdentityHashMap<>();
        List<Fd> entered = new ArrayList<>();
        boolean done = false;
        try {
            ByteBuffer struct = request.encode(signal -> number(signal, made, entered));
            int answer = device.ioctl(request.toString(), VfioAbi.DEVICE_SET_IRQS, NativeBytes.of(struct));
            done = answer == 0;
            if (done) {
                keep(request, made);
            }
            return answer;
        } finally {
            entered.forEach(Fd::leave);
            if (!done) {
                made.values().forEach(SignalRelay::end);
            }
        }
    }

    /**
     * Returns the number for a signal: its file stays open until the call is over, and then the kernel has the file itself.
     */
    private int number(EventSignal signal, Map<EventSignal, SignalRelay> made, List<Fd> entered) {
        EventFd event = signal instanceof EventFd own ? own
                : made.computeIfAbsent(signal, any -> SignalRelay.to(kernel, any)).event();
        int number = event.fd().enter();
        entered.add(event.fd());
        return number;
    }

    /**
     * Keeps the new relays and ends those that the request replaced; a shared relay stays until its last interrupt is
     * replaced.
     */
    private void keep(IrqRequest request, Map<EventSignal, SignalRelay> made) {
        if (request.data() == IrqRequest.DATA_EVENTFD) {
            for (int i = 0; i < request.count(); i++) {
                Wire wire = new Wire(request.action(), request.index(), request.start() + i);
                replace(wire, made.get(request.signal(i)));
            }
        } else if (request.data() == IrqRequest.DATA_NONE && request.action() == IrqRequest.ACTION_TRIGGER
                && request.count() == 0) {
            relays.keySet().stream().filter(wire -> wire.index == request.index()).toList()
                    .forEach(wire -> replace(wire, null));
        }
    }

    private void replace(Wire wire, SignalRelay by) {
        SignalRelay before = by == null ? relays.remove(wire) : relays.put(wire, by);
        if (before != null && !relays.containsValue(before)) {
            before.end();
        }
    }

    /** Ends all relays, as the device is closed. */
    @Override
    public synchronized void close() {
        relays.values().stream().distinct().forEach(SignalRelay::end);
        relays.clear();
    }
}
