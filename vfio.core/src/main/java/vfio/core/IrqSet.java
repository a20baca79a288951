// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/** The codec of an {@link IrqRequest}: {@code struct vfio_irq_set}, uapi/linux/vfio.h, little-endian. */
final class IrqSet {
    /** The number of bytes before the data: argsz, flags, index, start, count. */
    static final int HEADER = 20;

    private static final int DATA = IrqRequest.DATA_NONE | IrqRequest.DATA_BOOL | IrqRequest.DATA_EVENTFD;
    private static final EventSignal UNKNOWN = new EventSignal() {
        @Override
        public void signal() {
            throw new IllegalStateException("a file that is not open was wired"); // a device wires usable signals only
        }

        @Override
        public boolean usable() {
            return false;
        }
    };

    private IrqSet() {
    }

    /** Reads a request, as {@link IrqRequest#decode} says. */
    static IrqRequest decode(ByteBuffer bytes, IntFunction<EventSignal> files) {
        ByteBuffer in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        long room = in.remaining() < HEADER ? 0 : Math.min(in.remaining(), Integer.toUnsignedLong(in.getInt(0)));
        if (room < HEADER) {
            throw new VfioException(Errno.EINVAL, "set interrupts: argsz and the bytes must be " + HEADER + " at least");
        }
        int flags = in.getInt(4);
        long count = Integer.toUnsignedLong(in.getInt(16));
        int width = width(flags);
        if (count * width > room - HEADER) {
            throw new VfioException(Errno.EINVAL, "set interrupts: " + count + " of them need " + count * width
                    + " bytes of data, and " + (room - HEADER) + " are there");
        }
        boolean[] values = new boolean[(flags & DATA) == IrqRequest.DATA_BOOL ? (int) count : 0];
        EventSignal[] signals = new EventSignal[(flags & DATA) == IrqRequest.DATA_EVENTFD ? (int) count : 0];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.get(HEADER + i) != 0;
        }
        for (int i = 0; i < signals.length; i++) {
            signals[i] = signal(in.getInt(HEADER + Integer.BYTES * i), files);
        }
        return IrqRequest.of(flags, in.getInt(8), in.getInt(12), in.getInt(16), values, signals);
    }

    /** Returns the number of data bytes for each interrupt; 0 for several data types and for none. */
    private static int width(int flags) {
        return switch (flags & DATA) {
            case IrqRequest.DATA_BOOL -> 1;
            case IrqRequest.DATA_EVENTFD -> Integer.BYTES;
            default -> 0;
        };
    }

    private static EventSignal signal(int file, IntFunction<EventSignal> files) {
        if (file < 0) {
            return file == -1 ? null : IrqRequest.NEGATIVE;
        }
        EventSignal signal = files.apply(file);
        return signal == null ? UNKNOWN : signal;
    }

    /** Writes a request, as {@link IrqRequest#encode} says. */
    static ByteBuffer encode(IrqRequest request, ToIntFunction<EventSignal> files) {
        int width = width(request.flags());
        int count = width == 0 ? 0 : request.count();
        if (count < 0 || count > (width == 1 ? request.values() : request.signals().size())) {
            throw request.invalid("it carries less data than it counts interrupts");
        }
        int size = HEADER + count * width;
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(size).putInt(request.flags()).putInt(request.index()).putInt(request.start()).putInt(request.count());
        for (int i = 0; i < count; i++) {
            if (width == 1) {
                out.put((byte) (request.value(i) ? 1 : 0));
            } else {
                out.putInt(request.signal(i) == null ? -1 : files.applyAsInt(request.signal(i)));
            }
        }
        return out.flip();
    }
}
