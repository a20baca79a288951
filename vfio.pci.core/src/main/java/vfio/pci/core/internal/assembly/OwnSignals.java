// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;

/**
 * The signals of a driver's own classes that the driver has wired in place of the user's: they would call the driver after
 * another version of it has the device. Only names are kept, no signal.
 */
final class OwnSignals {
    /** The vector of the signal that unmasks an index. */
    private static final int UNMASKING = -1;

    /** The loader of the driver's classes; null for a driver whose classes are the core's, or have the core's loader. */
    private volatile ClassLoader loader;
    /** The names of signals' classes, by what they are wired to. */
    private final Map<Object, String> wired = new ConcurrentHashMap<>();

    private record Vector(int index, int vector) {
        @Override
        public String toString() {
            return vector == UNMASKING ? "the unmasking of interrupt index " + index
                    : "interrupt " + vector + " of index " + index;
        }
    }

    private record Write(int region, long offset, int width, long value) {
        @Override
        public String toString() {
            return "a write of region " + region;
        }
    }

    /** Says what the driver has made of the function: signals of the same loader are the driver's. */
    void of(Object binding) {
        ClassLoader of = binding.getClass().getClassLoader();
        loader = of == OwnSignals.class.getClassLoader() ? null : of;
    }

    /** Makes a request, and takes note of the signals that it wires and of those that it takes away. */
    int during(IrqRequest request, Supplier<Integer> call) {
        if (loader == null) {
            return call.get();
        }
        boolean signals = request.data() == IrqRequest.DATA_EVENTFD;
        for (int i = 0; signals && i < request.count(); i++) {
            note(vector(request, i), request.signal(i));
        }
        int done = call.get();
        for (int i = 0; signals && i < request.count(); i++) {
            forgetOther(vector(request, i), request.signal(i));
        }
        if (request.action() == IrqRequest.ACTION_TRIGGER && request.data() == IrqRequest.DATA_NONE && request.count() == 0) {
            wired.keySet().removeIf(place -> place instanceof Vector vector && vector.index == request.index());
        }
        return done;
    }

    private static Vector vector(IrqRequest request, int i) {
        return new Vector(request.index(), request.action() == IrqRequest.ACTION_TRIGGER ? request.start() + i : UNMASKING);
    }

    /** Makes a write at a signal, or ends it, as {@link #during(IrqRequest, Supplier)} makes a request. */
    void during(int region, long offset, int width, long value, EventSignal signal, Runnable call) {
        Write write = new Write(region, offset, width, value);
        note(write, signal);
        call.run();
        forgetOther(write, signal);
    }

    private void note(Object place, EventSignal signal) {
        if (isOwn(signal)) {
            wired.put(place, signal.getClass().getName());
        }
    }

    private void forgetOther(Object place, EventSignal signal) {
        if (!isOwn(signal)) {
            wired.remove(place);
        }
    }

    private boolean isOwn(EventSignal signal) {
        return signal != null && loader != null && signal.getClass().getClassLoader() == loader;
    }

    void clear() {
        wired.clear();
    }

    /** Tells what a signal of the driver's is wired to; empty where there is none. */
    Optional<String> any() {
        return wired.entrySet().stream().findAny()
                .map(signal -> signal.getKey() + " is wired to a signal of the driver's own class " + signal.getValue());
    }
}
