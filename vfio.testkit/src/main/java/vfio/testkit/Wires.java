// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.device.DeviceHandle;

/** A user's signals for the interrupts of one index, each with its count; for one test. */
final class Wires {
    private final int index;
    private final int vectors;
    private final AtomicIntegerArray counts;

    private Wires(int index, int vectors) {
        this.index = index;
        this.vectors = vectors;
        counts = new AtomicIntegerArray(vectors);
    }

    /** Wires the first interrupts of an index, as many as there are free vectors; throws what the device answers. */
    static Wires of(DeviceHandle handle, int index, int wanted) {
        Wires wires = new Wires(index, wanted);
        EventSignal[] signals = IntStream.range(0, wanted).mapToObj(wires::signal).toArray(EventSignal[]::new);
        int available = handle.setIrqs(IrqRequest.trigger(index, 0, signals));
        return available == 0 ? wires : of(handle, index, available);
    }

    private EventSignal signal(int vector) {
        return EventSignal.calling(() -> counts.incrementAndGet(vector));
    }

    int index() {
        return index;
    }

    int vectors() {
        return vectors;
    }

    int count(int vector) {
        return counts.get(vector);
    }

    /** Whether this many signals have come of each vector. */
    boolean all(int count) {
        return toString().equals(Collections.nCopies(vectors, count).toString());
    }

    /** The counts. */
    @Override
    public String toString() {
        return Arrays.toString(IntStream.range(0, vectors).map(counts::get).toArray());
    }
}
