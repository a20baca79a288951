// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import vfio.core.device.DriverState;
import vfio.core.device.ForwardingRegion;
import vfio.core.device.RegionOperations;
import vfio.pci.core.Opening;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.id.RegionIndex;

/** A build of driver "acme" that counts the reads of configuration space, and hands the count over as its state. */
final class Build {
    final FakeDriver service;
    /** The calls of a device's life, in order. */
    final List<String> calls = new CopyOnWriteArrayList<>();
    final AtomicLong reads = new AtomicLong();
    volatile LongFunction<DriverState> handed = count -> DriverState.of(1).with("reads", count);
    volatile Runnable onTakeOver = () -> { };
    volatile Runnable onRead = () -> { };
    volatile BooleanSupplier healthy = () -> true;

    /** A build of bundle {@code id}, whose entries are override-only. */
    Build(long id, String version, String... entries) {
        service = FakeDriver.flagged("acme", entries).from("acme", id, version).with("state", "1");
        service.onProbe = Operations::new;
    }

    private final class Operations extends VfioPciOperations {
        private Operations(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected void openDevice(Opening opening) {
            calls.add("parts");
        }

        @Override
        public RegionOperations region(int index) {
            RegionOperations region = super.region(index);
            return index != RegionIndex.CONFIG ? region : new ForwardingRegion(region) {
                @Override
                public long read(long position, int width) {
                    onRead.run();
                    reads.incrementAndGet();
                    return super.read(position, width);
                }
            };
        }

        @Override
        public DriverState handOver(int version) {
            calls.add("handOver");
            return handed.apply(reads.get());
        }

        @Override
        public void takeOver(DriverState state) {
            calls.add("takeOver");
            super.takeOver(state);
            reads.set(state.number("reads", 0));
            onTakeOver.run();
        }

        @Override
        public boolean healthy() {
            calls.add("healthy");
            return healthy.getAsBoolean();
        }

        @Override
        public void stay() {
            calls.add("stay");
        }

        @Override
        public void handedOver() {
            calls.add("handedOver");
        }

        @Override
        public void closeDevice() {
            calls.add("close");
            super.closeDevice();
        }

        @Override
        public void remove() {
            calls.add("remove");
        }
    }
}
