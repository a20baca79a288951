// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.devices;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.hardware.emulated.model.ModelPort;

/**
 * A device of registers that keep what is written until the next reset: 256 bytes, the same behind each BAR and repeated
 * through it. A dword written to the last four raises the message of that number.
 */
final class ScratchDevice implements DeviceModel {
    private static final int SIZE = 256;
    private static final int RAISE = SIZE - 4;

    private final ModelPort function;
    private final ByteBuffer registers = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);

    ScratchDevice(ModelPort function) {
        this.function = function;
    }

    @Override
    public synchronized long read(int bar, long position, int width) {
        int at = (int) (position % SIZE);
        return switch (width) {
            case 1 -> registers.get(at);
            case 2 -> registers.getShort(at);
            case 4 -> registers.getInt(at);
            default -> registers.getLong(at);
        };
    }

    @Override
    public void write(int bar, long position, int width, long value) {
        int at = (int) (position % SIZE);
        keep(at, width, value);
        if (at == RAISE && width == Integer.BYTES) {
            function.raise((int) value);
        }
    }

    private synchronized void keep(int at, int width, long value) {
        switch (width) {
            case 1 -> registers.put(at, (byte) value);
            case 2 -> registers.putShort(at, (short) value);
            case 4 -> registers.putInt(at, (int) value);
            default -> registers.putLong(at, value);
        }
    }

    @Override
    public synchronized void reset() {
        for (int at = 0; at < SIZE; at += Long.BYTES) {
            registers.putLong(at, 0);
        }
    }
}
