// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.nio.ByteBuffer;
import vfio.core.device.DriverState;
import vfio.core.device.RegionOperations;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.Opening;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;

/** A driver that keeps the contract and uses all of it: a vendor region, a thread while it is open, migration. */
class Sound extends VfioPciOperations {
    static final int VENDOR_REGION = 9;
    static final MigrationFlags FLAGS = new MigrationFlags(true, true);

    /** The device's state: the register of the vendor region. */
    volatile long value;
    private Thread poller;

    Sound(VfioPciDevice device) {
        super(device);
    }

    static FunctionDescription function() {
        return FunctionDescription.builder(new DeviceKey(0x1234, 0x5678, 0x1234, 0x1, 0x0200_00))
                .bar(new Bar(0, 4096, false, false, false)).bar(new Bar(1, 32, true, false, false))
                .bar(new Bar(2, 1 << 20, false, true, true)).bar(new Bar(4, 4096, false, false, false))
                .powerManagement().msi(4, true, true).msix(8, 4, 0, 0x800)
                .express(PortType.ENDPOINT).interruptPin(1).build();
    }

    @Override
    protected void openDevice(Opening opening) {
        opening.addRegion(VfioPciDevice.PCI_VENDOR_TYPE | 0x1234, 1, register());
        poller = thread("poller");
    }

    @Override
    public void closeDevice() {
        handedOver();
        super.closeDevice();
    }

    @Override
    public DriverState handOver(int version) {
        return DriverState.of(version).with("value", value);
    }

    @Override
    public void takeOver(DriverState state) {
        super.takeOver(state);
        value = state.number("value", 0);
    }

    /** The next version has a poller of its own. */
    @Override
    public void handedOver() {
        if (poller != null) {
            poller.interrupt();
        }
        poller = null;
    }

    /** At once: a function level reset takes 100 ms, and the contract resets often. */
    @Override
    public boolean resetFunction() {
        return true;
    }

    /** Started, and ended by an interrupt. */
    static Thread thread(String name) {
        Thread thread = new Thread(() -> {
            synchronized (Thread.currentThread()) {
                try {
                    Thread.currentThread().wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    RegionOperations register() {
        return new Register(this);
    }

    @Override
    public MigrationOperations migration() {
        return new SoundMigration(this, FLAGS);
    }

    /** A page of which the first long is the device's state and the rest 0. */
    static class Register implements RegionOperations {
        private final Sound device;

        Register(Sound device) {
            this.device = device;
        }

        @Override
        public long size() {
            return 4096;
        }

        @Override
        public long read(long position, int width) {
            return position < Long.BYTES ? device.value >>> Byte.SIZE * position : 0;
        }

        @Override
        public void write(long position, int width, long written) {
            if (position == 0 && width == Long.BYTES) {
                device.value = written;
            }
        }
    }

    /** The state as a stream has it. */
    static ByteBuffer image(Sound device) {
        return ByteBuffer.allocate(Long.BYTES).putLong(0, device.value);
    }
}
