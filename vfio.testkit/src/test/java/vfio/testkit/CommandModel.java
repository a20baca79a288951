// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.config.PortType;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.hardware.emulated.model.ModelPort;
import vfio.pci.core.PciDriver;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciDeviceId;

/**
 * A device that doubles a number: it reads the number from memory when the doorbell rings, writes twice the number behind,
 * and sends message 0. Register 0 counts resets, 8 has the address of the memory, 10h is the doorbell, 18h keeps a value.
 */
final class CommandModel implements DeviceModel {
    static final String NAME = "command";
    static final int ADDRESS = 8;
    static final int DOORBELL = 0x10;
    static final int SCRATCH = 0x18;

    private final ModelPort port;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(loop -> {
        Thread made = new Thread(loop, "vfio-emulated command");
        made.setDaemon(true);
        return made;
    });
    private volatile long resets;
    private volatile long address;
    private volatile long scratch;

    CommandModel(ModelPort port) {
        this.port = port;
    }

    static FunctionDescription function() {
        return FunctionDescription.builder(new DeviceKey(0x1234, 0x5679, 0x1234, 0x1, 0x0200_00))
                .bar(new Bar(0, 4096, false, false, false)).bar(new Bar(2, 8192, false, false, false))
                .powerManagement().msix(4, 2, 0, 0x800).express(PortType.ENDPOINT).model(NAME)
                .sriov(4, 0x567a, 1, 1, vf -> vf.bar(new Bar(0, 4096, false, false, false)).express(PortType.ENDPOINT))
                .build();
    }

    static Rig rig(Supplier<? extends PciDriver> drivers, Duration limit) {
        Rig.model(NAME, CommandModel::new);
        return new Rig(function(), drivers, PciDeviceId.MATCH_ALL, limit);
    }

    @Override
    public boolean memory(int bar) {
        return bar == 2;
    }

    @Override
    public long read(int bar, long position, int width) {
        return switch ((int) position) {
            case 0 -> resets;
            case ADDRESS -> address;
            case SCRATCH -> scratch;
            default -> 0;
        };
    }

    @Override
    public void write(int bar, long position, int width, long value) {
        switch ((int) position) {
            case ADDRESS -> address = value;
            case DOORBELL -> thread.execute(this::run);
            case SCRATCH -> scratch = value;
            default -> { }
        }
    }

    private void run() {
        ByteBuffer number = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try {
            port.readMemory(address, number);
            port.writeMemory(address + Long.BYTES, number.putLong(0, 2 * number.getLong(0)).clear());
        } catch (VfioException e) {
            return; // as a device whose memory is gone
        }
        port.raise(0);
    }

    @Override
    public void reset() {
        resets++;
        address = 0;
        scratch = 0;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
