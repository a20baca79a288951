// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.ByteBuffer;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.migration.MigrationData;
import vfio.core.migration.PrecopyInfo;
import vfio.core.migration.ResumingData;
import vfio.core.migration.SavingData;
import vfio.os.Fd;
import vfio.os.call.NativeBytes;
import vfio.os.call.StructLayout;

/**
 * A stream of a device's state that the kernel makes or takes, in a file whose calls do not wait. It ends when the kernel
 * answers ENODEV, and is closed by its user or with the device.
 */
final class KernelStream {
    /** The most bytes that one read or write moves. */
    private static final int PIECE = 1 << 20;

    private final Fd file;
    private final MigrationData data;
    private NativeBytes piece = NativeBytes.allocate(0);

    private KernelStream(Fd file, boolean resuming) {
        this.file = file;
        data = resuming ? new Resuming() : new Saving();
    }

    /** Makes a stream that owns the file. */
    static KernelStream of(Fd file, boolean resuming) {
        try {
            file.nonBlocking();
            return new KernelStream(file, resuming);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    MigrationData data() {
        return data;
    }

    boolean isOpen() {
        return file.isOpen();
    }

    void close() {
        file.close();
    }

    /** Returns native memory for one call, since the user's may be on the heap. */
    private NativeBytes room(int size) {
        int wanted = Math.min(size, PIECE);
        if (piece.size() < wanted) {
            piece = NativeBytes.allocate(wanted);
        }
        return piece;
    }

    /** The end that a saving user reads. */
    private final class Saving implements SavingData {
        @Override
        public int read(ByteBuffer target) {
            synchronized (file) {
                int most = Math.min(target.remaining(), PIECE);
                NativeBytes read = room(most);
                try {
                    int count = file.read(read, 0, most);
                    target.put(read.bytes().slice(0, count));
                    return count;
                } catch (VfioException e) {
                    if (e.errno() == Errno.ENOMSG) { // no more for now: the device is in PRE_COPY
                        return 0;
                    }
                    throw e;
                }
            }
        }

        @Override
        public PrecopyInfo precopyInfo() {
            StructLayout layout = VfioAbi.PRECOPY_INFO;
            NativeBytes struct = layout.allocate();
            struct.bytes().putInt(layout.offset("argsz"), layout.size());
            file.ioctl("get pre-copy info", VfioAbi.MIG_GET_PRECOPY_INFO, struct);
            return new PrecopyInfo(struct.bytes().getLong(layout.offset("initial_bytes")),
                    struct.bytes().getLong(layout.offset("dirty_bytes")));
        }

        @Override
        public void close() {
            file.close();
        }
    }

    /** The end that a resuming user writes. */
    private final class Resuming implements ResumingData {
        @Override
        public int write(ByteBuffer source) {
            synchronized (file) {
                int most = Math.min(source.remaining(), PIECE);
                NativeBytes written = room(most);
                written.bytes().put(0, source, source.position(), most);
                int count = file.write(written, 0, most);
                source.position(source.position() + count);
                return count;
            }
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
