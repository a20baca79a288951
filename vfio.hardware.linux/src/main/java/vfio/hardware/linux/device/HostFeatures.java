// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.dirty.DirtyLog;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.core.iova.DirtyBitmap;
import vfio.core.migration.MigrationState;
import vfio.os.EventFd;
import vfio.os.Fd;
import vfio.os.Kernel;
import vfio.os.call.NativeBytes;

/**
 * VFIO_DEVICE_FEATURE of a device that the kernel has. Each request is passed on as it came, with descriptors and pointers
 * put in the places of the objects that stand for them. The descriptors that were made are closed with the device.
 */
final class HostFeatures implements AutoCloseable {
    private static final int HEADER = FeatureRequest.HEADER;
    /** The most bytes of a payload; the kernel's are far smaller. */
    private static final int LARGEST = 64 << 10;
    private static final int WAKEUP_SIZE = 8;
    private static final int STATE_SIZE = 8;
    private static final int DATA_FD = HEADER + 4;
    /** Offsets, after the header, of the pointers to the ranges and to the bitmap. */
    private static final int RANGES = 16;
    private static final int BITMAP = 24;
    private static final int RANGE_SIZE = 16;

    private final Kernel kernel;
    private final Fd device;
    private final List<KernelStream> streams = new ArrayList<>();
    private SignalRelay wakeup;

    HostFeatures(Kernel kernel, Fd device) {
        this.kernel = kernel;
        this.device = device;
    }

    /** Answers a request; a feature that is not known here is ENOTTY, since its bytes could hold pointers. */
    FeatureReply answer(FeatureRequest request) {
        if (request.number() > Features.BUS_MASTER) {
            throw request.refused(Errno.ENOTTY, "it is not known here, so that the kernel is not asked");
        }
        if ((request.flags() & FeatureRequest.PROBE) != 0) {
            return plain(request);
        }
        return switch (request.number()) {
            case Features.LOW_POWER_ENTRY_WITH_WAKEUP -> wakeup(request);
            case Features.LOW_POWER_EXIT -> exit(request);
            case Features.MIG_DEVICE_STATE -> state(request);
            case Features.DMA_LOGGING_START -> start(request);
            case Features.DMA_LOGGING_REPORT -> report(request);
            default -> plain(request);
        };
    }

    private FeatureReply plain(FeatureRequest request) {
        NativeBytes struct = struct(request);
        ask(request, struct);
        return new FeatureReply(payload(struct), null);
    }

    /** Makes the struct, as large as the user said and at least as large as the payload. */
    private static NativeBytes struct(FeatureRequest request) {
        long size = Math.max(Math.max(request.room(), request.payload().remaining()), 0);
        int room = (int) Math.min(size, LARGEST);
        NativeBytes struct = NativeBytes.allocate(HEADER + room);
        int argsz = request.room() > room ? HEADER + room : request.argsz();
        struct.bytes().putInt(0, argsz).putInt(Integer.BYTES, request.flags());
        ByteBuffer payload = request.payload();
        struct.bytes().put(HEADER, payload, 0, Math.min(payload.remaining(), room));
        return struct;
    }

    private void ask(FeatureRequest request, NativeBytes struct) {
        device.ioctl(request.toString(), VfioAbi.DEVICE_FEATURE, struct);
    }

    private static ByteBuffer payload(NativeBytes struct) {
        ByteBuffer payload = FeatureReply.bytes(struct.size() - HEADER);
        return payload.put(0, struct.bytes(), HEADER, payload.capacity());
    }

    private synchronized FeatureReply wakeup(FeatureRequest request) {
        if (request.input(WAKEUP_SIZE).getInt(0) < 0) {
            return plain(request);
        }
        if (request.attachment() == null) {
            throw request.refused(Errno.EBADF, "the event to signal did not come along");
        }
        if (!(request.attachment() instanceof EventSignal signal)) {
            throw request.refused(Errno.EINVAL, "what came along is no event to signal");
        }
        SignalRelay made = signal instanceof EventFd ? null : SignalRelay.to(kernel, signal);
        boolean done = false;
        try {
            wakeup(request, made == null ? (EventFd) signal : made.event());
            done = true;
            end(wakeup);
            wakeup = made;
            return FeatureReply.same(request);
        } finally {
            if (!done) {
                end(made);
            }
        }
    }

    /** Makes the call; the number is the file's until the call is over, and from then on the kernel has the file itself. */
    private void wakeup(FeatureRequest request, EventFd event) {
        NativeBytes struct = struct(request);
        int number = event.fd().enter();
        try {
            struct.bytes().putInt(HEADER, number);
            ask(request, struct);
        } finally {
            event.fd().leave();
        }
    }

    private synchronized FeatureReply exit(FeatureRequest request) {
        FeatureReply reply = plain(request);
        end(wakeup);
        wakeup = null;
        return reply;
    }

    private static void end(SignalRelay relay) {
        if (relay != null) {
            relay.end();
        }
    }

    private FeatureReply state(FeatureRequest request) {
        request.input(request.gets() ? 0 : STATE_SIZE);
        NativeBytes struct = struct(request);
        ask(request, struct);
        int number = request.gets() || struct.size() < HEADER + STATE_SIZE ? -1 : struct.bytes().getInt(DATA_FD);
        if (number < 0) {
            return new FeatureReply(payload(struct), null);
        }
        Fd file = kernel.own(number, "migration data of " + device.name());
        struct.bytes().putInt(DATA_FD, 0); // stands for what goes along
        boolean resuming = struct.bytes().getInt(HEADER) == MigrationState.RESUMING.ordinal();
        KernelStream stream = KernelStream.of(file, resuming);
        synchronized (this) {
            streams.removeIf(one -> !one.isOpen());
            streams.add(stream);
        }
        return new FeatureReply(payload(struct), stream.data());
    }

    /** Starts logging, with the pointer that the kernel wants to the ranges. */
    private FeatureReply start(FeatureRequest request) {
        int count = request.input(RANGES).getInt(Long.BYTES);
        int told = (int) Math.min(Integer.toUnsignedLong(count), DirtyLog.MAX_RANGES); // it refuses more by E2BIG
        ByteBuffer given = request.input(told == count ? RANGES + RANGE_SIZE * told : RANGES);
        NativeBytes ranges = NativeBytes.allocate(RANGE_SIZE * told);
        ranges.bytes().put(0, given, RANGES, Math.min(given.capacity() - RANGES, ranges.size()));
        NativeBytes struct = NativeBytes.allocate(HEADER + VfioAbi.DMA_LOGGING_CONTROL.size());
        // The kernel copies the ranges before it returns; they are reachable until the fence.
        struct.bytes().putInt(0, struct.size()).putInt(Integer.BYTES, request.flags()).put(HEADER, given, 0, RANGES)
                .putLong(HEADER + RANGES, ranges.address());
        ask(request, struct);
        Reference.reachabilityFence(ranges);
        return FeatureReply.same(request);
    }

    /** Reports dirty pages: the bitmap stands in the answer at the place of the kernel's pointer. */
    private FeatureReply report(FeatureRequest request) {
        ByteBuffer asked = request.input(BITMAP);
        int size = new DirtyBitmap(asked.getLong(0), asked.getLong(8), asked.getLong(16)).size();
        if (request.room() < BITMAP + (long) size) { // before the log is read, which clears it
            throw request.refused(Errno.EINVAL, "the report has " + (BITMAP + (long) size) + " bytes");
        }
        NativeBytes bitmap = NativeBytes.allocate(size);
        NativeBytes struct = NativeBytes.allocate(HEADER + VfioAbi.DMA_LOGGING_REPORT.size());
        // The kernel writes as many bits as the range has pages of that size, into memory that is reachable until the fence.
        struct.bytes().putInt(0, struct.size()).putInt(Integer.BYTES, request.flags()).put(HEADER, asked, 0, BITMAP)
                .putLong(HEADER + BITMAP, bitmap.address());
        ask(request, struct);
        Reference.reachabilityFence(bitmap);
        ByteBuffer reply = FeatureReply.bytes(BITMAP + size);
        reply.put(0, asked, 0, BITMAP).put(BITMAP, bitmap.bytes(), 0, size);
        return new FeatureReply(reply, null);
    }

    /** Ends streams and wake-ups, as the device is closed. */
    @Override
    public synchronized void close() {
        streams.forEach(KernelStream::close);
        streams.clear();
        end(wakeup);
        wakeup = null;
    }
}
