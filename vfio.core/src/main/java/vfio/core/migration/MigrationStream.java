// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import java.nio.ByteBuffer;
import java.util.concurrent.Callable;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * A user's end of a stream of device state: what the kernel gives as {@code data_fd}. Dead for ever once the device has
 * left the states it belongs to; whoever keeps it keeps nothing of the driver.
 */
public final class MigrationStream {
    private final MigrationMachine machine;
    private final String device;
    private final boolean saving;
    /** Null once dead. */
    private MigrationData data;

    MigrationStream(MigrationMachine machine, String device, MigrationData data) {
        this.machine = machine;
        this.device = device;
        this.data = data;
        saving = data instanceof SavingData;
    }

    /** Whether it is read; else it is written. */
    public boolean saving() {
        return saving;
    }

    /**
     * Reads the next bytes.
     *
     * @return how many, 0 at the end
     * @throws VfioException ENODEV where the stream is dead; EBADF on one that is written; ENOMSG at what is the end for
     *     now, in PRE_COPY and PRE_COPY_P2P; EAGAIN where more will come shortly; EIO where the driver lies
     */
    public int read(ByteBuffer target) {
        synchronized (machine) {
            SavingData source = alive("read", SavingData.class);
            int count = moved("read", target, () -> source.read(target.slice()));
            if (count == 0 && target.hasRemaining() && machine.state().preCopies()) {
                throw new VfioException(Errno.ENOMSG, "read the migration stream of " + device
                        + ": that is all for now; stop the device, or read again later");
            }
            return count;
        }
    }

    /**
     * Writes bytes.
     *
     * @return how many were taken
     * @throws VfioException ENODEV where the stream is dead; EBADF on one that is read; EIO where the driver lies; else
     *     what the driver found wrong in them
     */
    public int write(ByteBuffer source) {
        synchronized (machine) {
            ResumingData sink = alive("write", ResumingData.class);
            return moved("write", source, () -> sink.write(source.slice()));
        }
    }

    /**
     * What is left to read while the device runs (VFIO_MIG_GET_PRECOPY_INFO).
     *
     * @throws VfioException EINVAL in other states than PRE_COPY and PRE_COPY_P2P; ENODEV and EBADF as {@link #read}
     */
    public PrecopyInfo precopyInfo() {
        synchronized (machine) {
            SavingData source = alive("get pre-copy info of", SavingData.class);
            if (!machine.state().preCopies()) {
                throw new VfioException(Errno.EINVAL, "get pre-copy info of " + device + ": it is in " + machine.state()
                        + "; only PRE_COPY and PRE_COPY_P2P have it");
            }
            return machine.call("pre-copy info", () -> {
                PrecopyInfo info = source.precopyInfo();
                return new PrecopyInfo(info.initialBytes(), info.dirtyBytes());
            });
        }
    }

    private <T extends MigrationData> T alive(String act, Class<T> kind) {
        if (data == null) {
            throw new VfioException(Errno.ENODEV, act + " the migration stream of " + device
                    + ": the device has left the state it belongs to, or was reset or closed");
        }
        if (!kind.isInstance(data)) {
            throw new VfioException(Errno.EBADF, act + " the migration stream of " + device + ": it is "
                    + (saving ? "read" : "written"));
        }
        return kind.cast(data);
    }

    private int moved(String act, ByteBuffer user, Callable<Integer> move) {
        int count = machine.call(act + " stream", move);
        if (count < 0 || count > user.remaining()) {
            throw new VfioException(Errno.EIO, act + " the migration stream of " + device + ": the driver answered " + count
                    + " of " + user.remaining() + " bytes");
        }
        user.position(user.position() + count);
        return count;
    }

    boolean livesIn(MigrationState state) {
        return saving ? state.saves() : state == MigrationState.RESUMING;
    }

    /** Dead from now on; answers the driver's end, for its close. */
    MigrationData end() {
        MigrationData ended = data;
        data = null;
        return ended;
    }
}
