// SPDX-License-Identifier: Apache-2.0
package itest.drivers;

import java.util.concurrent.atomic.AtomicLong;
import org.osgi.service.component.annotations.Component;
import vfio.core.SharedMemory;
import vfio.core.device.DriverState;
import vfio.core.device.ForwardingRegion;
import vfio.core.device.RegionOperations;
import vfio.core.feature.Feature;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.Features;
import vfio.core.info.IrqInfo;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;

/** Builds of one driver that are exchanged again and again, some of which are faulty. */
public final class Churn {
    /** The number of the feature that answers how many writes the driver has counted. */
    public static final int COUNT = 100;
    private static final String EDU = "1234:11e8";
    private static final String CARD = "8086:10d3";

    private Churn() {
    }

    /** Operations that count the writes to BAR 0, and take the count along. */
    private static class Counting extends VfioPciOperations {
        private final AtomicLong writes = new AtomicLong();

        Counting(VfioPciDevice device) {
            super(device);
        }

        @Override
        public RegionOperations region(int index) {
            return index != 0 ? super.region(index) : new ForwardingRegion(super.region(index)) {
                @Override
                public SharedMemory memory() {
                    return null;
                }

                @Override
                public void write(long position, int width, long value) {
                    writes.incrementAndGet();
                    super.write(position, width, value);
                }
            };
        }

        @Override
        public Features features() {
            return super.features().with(COUNT, Feature.get("COUNT", Long.BYTES, request -> FeatureReply.of(writes.get())));
        }

        @Override
        public DriverState handOver(int version) {
            return DriverState.of(version).with("writes", writes.get());
        }

        @Override
        public void takeOver(DriverState state) {
            super.takeOver(state);
            writes.set(state.number("writes", 0));
        }
    }

    /** A sound build. */
    @Component
    @PciIds(driver = "churn", overrideOnly = {EDU, CARD}, state = "1")
    public static final class Sound implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new Counting(device);
        }
    }

    /** A build that takes no function. */
    @Component
    @PciIds(driver = "churn", overrideOnly = {EDU, CARD}, state = "1")
    public static final class Refusing implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            throw new IllegalStateException("not this one");
        }
    }

    /** A build that breaks when it takes a device over. */
    @Component
    @PciIds(driver = "churn", overrideOnly = {EDU, CARD}, state = "1")
    public static final class Breaking implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new Counting(device) {
                @Override
                public void takeOver(DriverState state) {
                    super.takeOver(state);
                    throw new NoClassDefFoundError("acme/Firmware");
                }
            };
        }
    }

    /** A build whose devices have another number of interrupts. */
    @Component
    @PciIds(driver = "churn", overrideOnly = {EDU, CARD}, state = "1")
    public static final class Lying implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new Counting(device) {
                @Override
                public IrqInfo irqInfo(int index) {
                    IrqInfo honest = super.irqInfo(index);
                    return new IrqInfo(index, honest.flags(), honest.count() + 1);
                }
            };
        }
    }
}
