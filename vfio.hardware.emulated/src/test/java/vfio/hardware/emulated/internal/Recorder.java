// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

/** A listener that keeps what it hears and counts what it must never hear. */
final class Recorder implements PciBus.Listener {
    final List<String> heard = new CopyOnWriteArrayList<>();
    final Map<PciAddress, PciFunction> present = new ConcurrentSkipListMap<>();
    final AtomicInteger overlaps = new AtomicInteger();
    final AtomicInteger nonsense = new AtomicInteger();
    private final AtomicInteger inside = new AtomicInteger();

    @Override
    public void added(PciFunction function) {
        enter();
        if (present.put(function.address(), function) != null) {
            nonsense.incrementAndGet();
        }
        heard.add("+" + function.address());
        inside.decrementAndGet();
    }

    @Override
    public void removed(PciAddress address) {
        enter();
        if (present.remove(address) == null) {
            nonsense.incrementAndGet();
        }
        heard.add("-" + address);
        inside.decrementAndGet();
    }

    private void enter() {
        if (inside.incrementAndGet() != 1) {
            overlaps.incrementAndGet();
        }
        Thread.yield();
    }
}
