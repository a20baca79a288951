// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.migration;

import java.nio.ByteBuffer;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.migration.MigrationData;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;
import vfio.core.migration.PrecopyInfo;
import vfio.core.migration.ResumingData;
import vfio.core.migration.SavingData;

/**
 * A stream of device state between a user and a driver. Dead for ever once the device has left the states it belongs to: a
 * user who keeps it keeps nothing of the driver.
 *
 * <p>The driver has a buffer of the core's to fill, never the user's: a driver that is stuck may still write into it later.
 */
final class UserStream implements MigrationStream {
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

    UserStream(MigrationMachine machine, String device, MigrationData data) {
        this.device = device;
        ends = new Ends(machine, data);
        saving = data instanceof SavingData;
    }

    @Override
    public boolean saving() {
        return saving;
    }

    @Override
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
                machine.call("read stream", () -> ((SavingData) live("read").data()).read(piece.slice(0, most))));
        target.put(piece.slice(0, count));
        if (count == 0 && machine.state().preCopies()) {
            throw new VfioException(Errno.ENOMSG, "read the migration stream of " + device
                    + ": that is all for now; stop the device, or read again later");
        }
        return count;
    }

    @Override
    public int write(ByteBuffer source) {
        MigrationMachine machine = using("write", false);
        return machine.inTurn(() -> {
            ByteBuffer given = source.slice().asReadOnlyBuffer();
            int most = given.remaining();
            int count = moved("write", most,
                    machine.call("write stream", () -> ((ResumingData) live("write").data()).write(given)));
            source.position(source.position() + count);
            return count;
        });
    }

    @Override
    public PrecopyInfo precopyInfo() {
        MigrationMachine machine = using("get pre-copy info of", true);
        return machine.inTurn(() -> {
            live("get pre-copy info of");
            MigrationState state = machine.state();
            if (!state.preCopies()) {
                throw new VfioException(Errno.EINVAL, "get pre-copy info of " + device + ": it is in " + state
                        + "; only PRE_COPY and PRE_COPY_P2P have it");
            }
            return machine.call("pre-copy info", () -> info((SavingData) live("get pre-copy info of").data()));
        });
    }

    private PrecopyInfo info(SavingData source) {
        PrecopyInfo info = source.precopyInfo();
        if (info == null) {
            throw live("get pre-copy info of").machine().lied(Errno.EIO,
                    "get pre-copy info of " + device + ": the driver answered null");
        }
        return info;
    }

    private MigrationMachine using(String act, boolean reads) {
        MigrationMachine machine = live(act).machine();
        if (reads != saving) {
            throw new VfioException(Errno.EBADF, act + " the migration stream of " + device + ": it is "
                    + (saving ? "read" : "written"));
        }
        return machine;
    }

    private Ends live(String act) {
        Ends now = ends;
        if (now == null) {
            throw new VfioException(Errno.ENODEV, act + " the migration stream of " + device
                    + ": the device has left the state it belongs to, or was reset or closed");
        }
        return now;
    }

    private int moved(String act, int most, int count) {
        MigrationMachine machine = live(act).machine();
        if (count < 0 || count > most) {
            throw machine.lied(Errno.EIO, act + " the migration stream of " + device + ": the driver answered " + count
                    + " of " + most + " bytes");
        }
        return count;
    }

    boolean livesIn(MigrationState state) {
        return saving ? state.saves() : state == MigrationState.RESUMING;
    }

    /** Makes the stream dead, and returns the driver's end, for its close. Called once. */
    MigrationData end() {
        MigrationData data = ends.data();
        ends = null;
        return data;
    }
}
