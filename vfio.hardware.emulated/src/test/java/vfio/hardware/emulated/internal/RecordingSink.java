// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import vfio.pci.core.bus.InterruptLines;

/** Keeps what arrives. */
final class RecordingSink implements InterruptLines.Sink {
    final List<Integer> raised = new CopyOnWriteArrayList<>();
    final AtomicInteger asserted = new AtomicInteger();

    @Override
    public void raised(int vector) {
        raised.add(vector);
    }

    @Override
    public void asserted() {
        asserted.incrementAndGet();
    }
}
