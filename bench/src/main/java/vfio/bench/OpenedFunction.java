// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.nio.ByteBuffer;
import vfio.core.device.DeviceHandle;
import vfio.core.device.RegionOperations;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.Rig;

/** A function of the emulated bus, opened by a driver that answers for BAR 2 itself and leaves all else to the core. */
final class OpenedFunction implements AutoCloseable {
    static final int MEMORY = 0;
    static final int DRIVERS = 2;

    private final Rig rig = new Rig(FunctionDescription.builder(new DeviceKey(0x1234, 0x11e8, 0, 0, 0x00ff00))
            .bar(new Bar(MEMORY, 1 << 20, false, false, false)).bar(new Bar(DRIVERS, 4096, false, false, false))
            .powerManagement().msi(32, true, true)
            .express(PortType.ENDPOINT).build(), () -> (device, id) -> new Operations(device));
    private final DeviceHandle handle;

    OpenedFunction() {
        rig.bind();
        handle = rig.open();
    }

    DeviceHandle handle() {
        return handle;
    }

    /** What is behind the region of memory. */
    ByteBuffer memory() {
        return rig.function().side().raw().orElseThrow().bar(MEMORY).memory().window(0);
    }

    /** The device sends a message. */
    void raise(int vector) {
        rig.raise(vector);
    }

    @Override
    public void close() {
        handle.close();
        rig.close();
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
}
