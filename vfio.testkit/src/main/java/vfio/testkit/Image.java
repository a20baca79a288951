// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.testkit.Facts.wrong;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;

/** A device's state as a stream gives it, read and written in pieces of odd sizes. */
record Image(byte[] bytes) {
    private static final int MOST = 64 << 20;
    private static final int[] SIZES = {1, 7, 4096, 13, 1 << 16};

    /** Takes a running device to STOP_COPY and reads it to the end. */
    static Image saved(DeviceHandle handle) {
        return new Image(all(begin(handle, MigrationState.STOP_COPY)));
    }

    /** Takes a device to a state in which a stream begins. */
    static MigrationStream begin(DeviceHandle handle, MigrationState state) {
        return handle.migration().set(state).orElseThrow(() ->
                new AssertionError("no stream began in " + state + "; return its data from the arc that leads there"));
    }

    private static byte[] all(MigrationStream stream) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int turn = 0; bytes.size() <= MOST; turn++) {
            ByteBuffer piece = ByteBuffer.allocate(SIZES[turn % SIZES.length]);
            int count = read(stream, piece);
            if (count == 0) {
                return bytes.toByteArray();
            }
            if (count > 0) {
                bytes.write(piece.array(), 0, count);
            }
        }
        return wrong("the stream of STOP_COPY has no end within 64 MiB", "answer 0 from read when all is given");
    }

    /** Answers -1 where more will come shortly. */
    private static int read(MigrationStream stream, ByteBuffer piece) {
        try {
            return stream.read(piece);
        } catch (VfioException e) {
            if (e.errno() != Errno.EAGAIN) {
                throw e;
            }
            Thread.yield();
            return -1;
        }
    }

    /** Writes it into a device in RESUMING. */
    void writeTo(MigrationStream stream) {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        for (int turn = 0; left.hasRemaining(); turn++) {
            int size = Math.min(SIZES[turn % SIZES.length], left.remaining());
            int taken = stream.write(left.slice(left.position(), size));
            Facts.require(taken > 0, "write of " + size + " bytes of a stream took none",
                    "take at least one byte, or throw");
            left.position(left.position() + taken);
        }
    }
}
