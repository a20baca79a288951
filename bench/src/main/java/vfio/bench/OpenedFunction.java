// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.lang.annotation.Annotation;
import java.time.Duration;
import java.util.Optional;
import vfio.core.DeviceHandle;
import vfio.core.DeviceSet;
import vfio.core.DriverWorker;
import vfio.core.EventLog;
import vfio.core.RegionOperations;
import vfio.core.VfioDevice;
import vfio.core.VfioUser;
import vfio.hardware.emulated.FunctionModel;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.StandardCapabilities;
import vfio.hardware.emulated.internal.EmulatedBus;
import vfio.pci.core.DeviceKey;
import vfio.pci.core.PciAddress;
import vfio.pci.core.PciFunction;
import vfio.pci.core.PciFunction.Bar;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.internal.function.FunctionSettings;
import vfio.pci.core.internal.function.Neighbourhood;
import vfio.pci.core.internal.function.RawFunction;
import vfio.pci.core.internal.sriov.VfToken;
import vfio.pci.core.internal.vga.VgaArbiter;

/** A function of the emulated bus, opened by a driver that answers for BAR 2 itself and leaves all else to the core. */
final class OpenedFunction implements AutoCloseable {
    static final int MEMORY = 0;
    static final int DRIVERS = 2;
    static final int CONFIG = 7;
    private static final PciAddress ADDRESS = PciAddress.parse("0000:7f:00.0");

    private final EmulatedBus bus = new EmulatedBus(config(), new EventLog());
    private final DriverWorker worker = new DriverWorker("bench", fault -> { });
    private final DeviceHandle handle;

    OpenedFunction() {
        FunctionModel model = FunctionModel.builder(new DeviceKey(0x1234, 0x11e8, 0, 0, 0x00ff00))
                .bar(new Bar(MEMORY, 1 << 20, false, false, false)).bar(new Bar(DRIVERS, 4096, false, false, false))
                .capability(StandardCapabilities.powerManagement()).capability(StandardCapabilities.msi(32, true, true))
                .express(StandardCapabilities.PortType.ENDPOINT).build();
        PciFunction function = bus.plug(new FunctionSpec(ADDRESS, model));
        RawFunction backend = new RawFunction(function, FunctionSettings.DEFAULT, new Alone());
        VfioPciDevice device = new VfioPciDevice(function, "bench", backend);
        VfioPciOperations operations = new Operations(device);
        VfioDevice vfio = new VfioDevice("bench", new DeviceSet.Registry(), "set", operations, worker, Duration.ofSeconds(10),
                () -> { });
        backend.register(vfio, operations::resetFunction);
        handle = vfio.open(VfioUser.named("bench"));
    }

    DeviceHandle handle() {
        return handle;
    }

    /** The device sends a message. */
    void raise(int vector) {
        bus.raise(ADDRESS, vector);
    }

    @Override
    public void close() {
        handle.close();
        worker.close();
    }

    private static EmulatedBus.Config config() {
        return new EmulatedBus.Config() {
            @Override
            public Class<? extends Annotation> annotationType() {
                return EmulatedBus.Config.class;
            }

            @Override
            public String topology() {
                return "";
            }

            @Override
            public String directory() {
                return "";
            }
        };
    }

    private static final class Operations extends VfioPciOperations {
        private Operations(VfioPciDevice device) {
            super(device);
        }

        @Override
        public RegionOperations region(int index) {
            return index == DRIVERS ? new Register() : super.region(index);
        }
    }

    /** A driver's region of one register. */
    private static final class Register implements RegionOperations {
        private volatile long value;

        @Override
        public long size() {
            return 4096;
        }

        @Override
        public long read(long position, int width) {
            return value;
        }

        @Override
        public void write(long position, int width, long written) {
            value = written;
        }
    }

    private static final class Alone implements Neighbourhood {
        private final VgaArbiter arbiter = new VgaArbiter();

        @Override
        public boolean aloneOnBus() {
            return true;
        }

        @Override
        public void resetIfIdle() {
        }

        @Override
        public Optional<VfToken> token() {
            return Optional.empty();
        }

        @Override
        public Optional<VfToken> physicalToken() {
            return Optional.empty();
        }

        @Override
        public VgaArbiter vga() {
            return arbiter;
        }

        @Override
        public int highestBus() {
            return 1;
        }
    }
}
