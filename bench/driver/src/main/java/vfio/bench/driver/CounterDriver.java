// SPDX-License-Identifier: Apache-2.0
package vfio.bench.driver;

import java.util.concurrent.atomic.AtomicLong;
import org.osgi.service.component.annotations.Component;
import vfio.core.device.DriverState;
import vfio.core.device.RegionOperations;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.id.RegionIndex;

/** A driver that answers for BAR 0 itself, with the number of the reads so far, which is its state. */
@Component
@PciIds(driver = "bench_counter", ids = "144d:a808", state = "1")
public final class CounterDriver implements PciDriver {
    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new Counter(device);
    }

    private static final class Counter extends VfioPciOperations {
        private final AtomicLong reads = new AtomicLong();

        private Counter(VfioPciDevice device) {
            super(device);
        }

        @Override
        public RegionOperations region(int index) {
            return index == RegionIndex.BAR0 ? new Register(super.region(index).size(), reads) : super.region(index);
        }

        @Override
        public DriverState handOver(int version) {
            return DriverState.of(version).with("reads", reads.get());
        }

        @Override
        public void takeOver(DriverState state) {
            super.takeOver(state);
            reads.set(state.number("reads", 0));
        }
    }

    private record Register(long size, AtomicLong reads) implements RegionOperations {
        @Override
        public long read(long position, int width) {
            return reads.incrementAndGet();
        }

        @Override
        public void write(long position, int width, long value) {
            throw new UnsupportedOperationException("the number of reads is read");
        }
    }
}
