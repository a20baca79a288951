// SPDX-License-Identifier: Apache-2.0
package examples.counting;

import java.util.concurrent.atomic.AtomicLong;
import vfio.core.device.DriverState;
import vfio.core.device.ForwardingRegion;
import vfio.core.device.RegionOperations;
import vfio.pci.core.Opening;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** The operations of an edu device: the core's, and a count of the writes to its registers since the open. */
final class CountingOperations extends VfioPciOperations {
    private static final String WRITES = "writes";

    private final AtomicLong writes = new AtomicLong();

    CountingOperations(VfioPciDevice device) {
        super(device);
    }

    @Override
    protected void openDevice(Opening opening) {
        writes.set(0);
    }

    @Override
    public RegionOperations region(int index) {
        return index == 0 ? new CountedRegion(super.region(index)) : super.region(index);
    }

    @Override
    public DriverState handOver(int version) {
        return DriverState.of(version).with(WRITES, writes.get());
    }

    @Override
    public void takeOver(DriverState state) {
        super.takeOver(state);
        writes.set(state.number(WRITES, 0));
    }

    /** The registers, each write of which is counted. */
    private final class CountedRegion extends ForwardingRegion {
        private CountedRegion(RegionOperations registers) {
            super(registers);
        }

        @Override
        public void write(long position, int width, long value) {
            super.write(position, width, value);
            writes.incrementAndGet();
        }
    }
}
