// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fault;

import java.util.ArrayList;
import java.util.List;
import vfio.core.IrqRequest;
import vfio.core.SharedMemory;
import vfio.core.device.DriverState;
import vfio.core.device.ForwardingRegion;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
import vfio.core.dirty.DirtyLog;
import vfio.core.feature.Feature;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionInfo;
import vfio.core.info.RegionPart;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;
import vfio.core.migration.MigrationData;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;
import vfio.core.migration.MigrationState;
import vfio.pci.core.Opening;
import vfio.pci.core.PciBinding;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;

/**
 * A version of a driver that goes wrong as its script says; each has a class loader of its own. Its device counts what is
 * written to BAR 0, and has everything else that a driver can add.
 */
public final class FaultyVersion implements ScriptedDriver {
    /** The number of the driver's own feature. */
    public static final int FEATURE = 100;
    /** The index of the region that the driver adds. */
    public static final int ADDED = 9;

    private volatile Script script;

    @Override
    public void follow(Script told) {
        script = told;
    }

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        step(script, Step.PROBE);
        if (script.fault(Step.PROBE) == Fault.NULL) {
            return null;
        }
        script.probed();
        return new Operations(device, script);
    }

    private static void step(Script script, Step step) {
        script.step(step);
        if (script.fault(step) == Fault.MISSING_CLASS) {
            new Missing();
        }
    }

    /** The loader of the driver does not find this class. */
    private static final class Missing {
    }

    private static final class Operations extends VfioPciOperations {
        private final Script script;
        private boolean taking;

        Operations(VfioPciDevice device, Script script) {
            super(device);
            this.script = script;
        }

        private boolean lies(Fact fact) {
            return script.lie == fact;
        }

        @Override
        protected void openDevice(Opening opening) {
            SharedMemory memory = lies(Fact.MEMORY) ? SharedMemory.ofProcess(4096) : script.memory;
            if (!lies(Fact.NUMBER_OF_REGIONS)) {
                opening.addRegion(VfioPciDevice.PCI_VENDOR_TYPE | 0x8086, lies(Fact.VENDOR_TYPE) ? 2 : 1,
                        new MemoryRegion(memory));
            }
            opening.claimConfig(lies(Fact.CLAIMED_BYTES) ? 0xf8 : 0xfc, new byte[4]);
            if (!taking) {
                script.opened();
            }
        }

        @Override
        public void closeDevice() {
            script.closed();
            super.closeDevice();
        }

        @Override
        public DriverState handOver(int version) {
            script.handing();
            step(script, Step.HAND_OVER);
            DriverState state = DriverState.of(version).with("writes", script.writes.get());
            return script.fault(Step.HAND_OVER).state(script.lasting ? state.lasting() : state);
        }

        @Override
        public void takeOver(DriverState state) {
            taking = true;
            try {
                super.takeOver(state);
            } finally {
                taking = false;
            }
            script.writes.set(state.number("writes", script.writes.get()));
            step(script, Step.TAKE_OVER);
            script.opened();
        }

        @Override
        public boolean healthy() {
            step(script, Step.HEALTHY);
            return script.fault(Step.HEALTHY) != Fault.NULL;
        }

        @Override
        public void stay() {
            script.stayed();
            step(script, Step.STAY);
        }

        @Override
        public void handedOver() {
            script.letGo();
            step(script, Step.HANDED_OVER);
        }

        @Override
        public void remove() {
            script.removed();
            step(script, Step.REMOVE);
        }

        @Override
        protected List<InfoCapability> infoCapabilities() {
            return List.of(new InfoCapability(77, lies(Fact.DEVICE_CAPABILITIES) ? 2 : 1, new byte[4]));
        }

        @Override
        public DeviceInfo info() {
            step(script, Step.ANSWERS);
            if (script.fault(Step.ANSWERS) == Fault.NULL) {
                return null;
            }
            DeviceInfo honest = super.info();
            return new DeviceInfo(honest.flags() ^ (lies(Fact.DEVICE_FLAGS) ? DeviceInfo.RESET : 0), honest.regions(),
                    honest.irqs() - (lies(Fact.NUMBER_OF_IRQS) ? 1 : 0), honest.capabilities());
        }

        @Override
        public int offsetShift() {
            return lies(Fact.OFFSET_SHIFT) ? 32 : 40;
        }

        @Override
        public RegionOperations region(int index) {
            RegionOperations core = super.region(index);
            return index == 0 ? new Counter(core) : index == 2 && lies(Fact.REGION_MISSING) ? super.region(4711) : core;
        }

        @Override
        public IrqInfo irqInfo(int index) {
            IrqInfo honest = super.irqInfo(index);
            return new IrqInfo(index, honest.flags() ^ (lies(Fact.IRQ_FLAGS) ? IrqInfo.MASKABLE : 0),
                    honest.count() + (lies(Fact.IRQ_COUNT) ? 1 : 0));
        }

        @Override
        public int setIrqs(IrqRequest request) {
            script.used("irqs");
            return super.setIrqs(request);
        }

        @Override
        public void reset() {
            script.used("reset");
            super.reset();
        }

        @Override
        public Features features() {
            Features core = super.features();
            return lies(Fact.FEATURE) ? core : core.with(FEATURE, Feature.get("COUNT", Long.BYTES, request -> {
                script.used("feature");
                return FeatureReply.of(script.writes.get());
            }));
        }

        @Override
        public MigrationOperations migration() {
            return lies(Fact.MIGRATION) ? null : new Migration();
        }

        @Override
        public DirtyLog dirtyLog() {
            return lies(Fact.DIRTY_LOG) ? null : new Log();
        }

        /** A region whose writes are counted. */
        private final class Counter extends ForwardingRegion {
            Counter(RegionOperations core) {
                super(core);
            }

            @Override
            public SharedMemory memory() {
                return null;
            }

            @Override
            public long size() {
                return super.size() - (lies(Fact.REGION_SIZE) ? 8 : 0);
            }

            @Override
            public int flags() {
                return super.flags() ^ (lies(Fact.REGION_FLAGS) ? RegionInfo.WRITE : 0);
            }

            @Override
            public List<InfoCapability> capabilities() {
                List<InfoCapability> all = new ArrayList<>();
                all.add(new InfoCapability(78, lies(Fact.REGION_CAPABILITIES) ? 2 : 1, new byte[4]));
                return all;
            }

            @Override
            public int widest() {
                return lies(Fact.WIDEST) ? 4 : 8;
            }

            @Override
            public boolean whole() {
                return lies(Fact.WHOLE);
            }

            @Override
            public List<RegionPart> windows() {
                return lies(Fact.WINDOWS) ? List.of(new RegionPart(0, 8)) : List.of();
            }

            @Override
            public long read(long position, int width) {
                script.used("read");
                script.fault(Step.READ).happen(script);
                return script.writes.get();
            }

            @Override
            public void write(long position, int width, long value) {
                script.used("write");
                script.writes.incrementAndGet();
            }
        }

        private final class Migration implements MigrationOperations {
            @Override
            public MigrationFlags flags() {
                return new MigrationFlags(lies(Fact.MIGRATION_FLAGS), false);
            }

            @Override
            public MigrationData arc(MigrationState from, MigrationState to) {
                script.used("arc");
                return null;
            }

            @Override
            public long stopCopyLength() {
                return 0;
            }
        }

        private static final class Log implements DirtyLog {
            @Override
            public long start(long pageSize, List<IovaRange> ranges) {
                return pageSize;
            }

            @Override
            public void stop() {
            }

            @Override
            public void readAndClear(DirtyBitmap bitmap) {
            }
        }
    }
}
