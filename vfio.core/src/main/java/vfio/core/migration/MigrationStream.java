// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import java.nio.ByteBuffer;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * A user's end of a stream of device state: what the kernel gives as {@code data_fd}. Dead for ever once the device has
 * left the states it belongs to; whoever keeps it keeps nothing of the driver.
 *
 * <p>The driver has a buffer of the core's to fill, never the user's: one that is stuck may still write into it later.
 */
public final class MigrationStream {
    /** What a read moves at most, in bytes. */
    private static final int PIECE = 1 << 20;

    private final String device;
    private final boolean saving;
    /** Null once dead. */
    private volatile Ends ends;
    /** Used in the machine's turn; a driver that is stuck in it is not called again, and the stream is dead. */
    private ByteBuffer piece = ByteBuffer.allocate(0);

    private record Ends(MigrationMachine machine, MigrationData data) {
    }

    MigrationStream(MigrationMachine machine, String device, MigrationData data) {
        this.device = device;
        ends = new Ends(machine, data);
        saving = data instanceof SavingData;
    }

    /** Whether it is read; else it is written. */
    public boolean saving() {
        return saving;
    }

    /**
     * Reads the next bytes, 1 MiB at most.
     *
     * @return how many, 0 at the end
     * @throws VfioException ENODEV where the stream is dead; EBADF on one that is written; EFAULT where {@code target} is
     *     read-only; ENOMSG at what is the end for now, in PRE_COPY and PRE_COPY_P2P; EAGAIN where more will come shortly;
     *     EIO where the driver lies
     */
    public int read(ByteBuffer target) {
        MigrationMachine machine = using("read", true);
        if (target.isReadOnly()) {
            throw new VfioException(Errno.EFAULT, "read the migration stream of " + device + ": the buffer is read-only");
        }
        return machine.inTurn(() -> target.hasRemaining() ? readPiece(machine, target) : 0);
    }

    private int readPiece(MigrationMachine machine, ByteBuffer target) {
        int most = Math.min(PIECE, target.remaining());
        if (piece.capacity() < most) {
            piece = ByteBuffer.allocate(most);
        }
        int count = moved("read", most,
                machine.call("read stream", () -> ((SavingData) alive("read").data()).read(piece.slice(0, most))));
        target.put(piece.slice(0, count));
        if (count == 0 && machine.state().preCopies()) {
            throw new VfioException(Errno.ENOMSG, "read the migration stream of " + device
                    + ": that is all for now; stop the device, or read again later");
        }
        return count;
    }

    /**
     * Writes bytes.
     *
     * @return how many were taken
     * @throws VfioException ENODEV where the stream is dead; EBADF on one that is read; EIO where the driver lies; else
     *     what the driver found wrong in them
     */
    public int write(ByteBuffer source) {
        MigrationMachine machine = using("write", false);
        return machine.inTurn(() -> {
            ByteBuffer given = source.slice().asReadOnlyBuffer();
            int most = given.remaining();
            int count = moved("write", most,
                    machine.call("write stream", () -> ((ResumingData) alive("write").data()).write(given)));
            source.position(source.position() + count);
            return count;
        });
    }

    /**
     * What is left to read while the device runs (VFIO_MIG_GET_PRECOPY_INFO).
     *
     * @throws VfioException EINVAL in other states than PRE_COPY and PRE_COPY_P2P; ENODEV and EBADF as {@link #read}
     */
    public PrecopyInfo precopyInfo() {
        MigrationMachine machine = using("get pre-copy info of", true);
        return machine.inTurn(() -> {
            alive("get pre-copy info of");
            MigrationState state = machine.state();
            if (!state.preCopies()) {
                throw new VfioException(Errno.EINVAL, "get pre-copy info of " + device + ": it is in " + state
                        + "; only PRE_COPY and PRE_COPY_P2P have it");
            }
            return machine.call("pre-copy info", () -> info((SavingData) alive("get pre-copy info of").data()));
        });
    }

    private PrecopyInfo info(SavingData source) {
        PrecopyInfo info = source.precopyInfo();
        if (info == null) {
            throw new VfioException(Errno.EIO, "get pre-copy info of " + device + ": the driver answered null");
        }
        return info;
    }

    private MigrationMachine using(String act, boolean reads) {
        MigrationMachine machine = alive(act).machine();
        if (reads != saving) {
            throw new VfioException(Errno.EBADF, act + " the migration stream of " + device + ": it is "
                    + (saving ? "read" : "written"));
        }
        return machine;
    }

    private Ends alive(String act) {
        Ends alive = ends;
        if (alive == null) {
            throw new VfioException(Errno.ENODEV, act + " the migration stream of " + device
                    + ": the device has left the state it belongs to, or was reset or closed");
        }
        return alive;
    }

    private int moved(String act, int most, int count) {
        alive(act);
        if (count < 0 || count > most) {
            throw new VfioException(Errno.EIO, act + " the migration stream of " + device + ": the driver answered " + count
                    + " of " + most + " bytes");
        }
        return count;
    }

    boolean livesIn(MigrationState state) {
        return saving ? state.saves() : state == MigrationState.RESUMING;
    }

    /** Dead from now on; answers the driver's end, for its close. Called once. */
    MigrationData end() {
        MigrationData data = ends.data();
        ends = null;
        return data;
    }
}
