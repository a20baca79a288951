// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import vfio.core.DriverWorker;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The migration state of one open device. It is RUNNING when it is made, and ended with the device's last close.
 *
 * <p>Locks: its own, inside which the driver's worker is waited for.
 */
public final class MigrationMachine {
    private final String device;
    private final MigrationOperations operations;
    private final DriverWorker worker;
    private final Duration limit;
    private final MigrationFlags flags;
    private MigrationState state = MigrationState.RUNNING;
    private MigrationStream stream;

    /**
     * @param limit for each call of the driver
     * @throws VfioException EINVAL where the driver does not tell its flags; else what it answered
     */
    public MigrationMachine(String device, MigrationOperations operations, DriverWorker worker, Duration limit) {
        this.device = device;
        this.operations = operations;
        this.worker = worker;
        this.limit = limit;
        flags = call("flags", operations::flags);
        if (flags == null) {
            throw new VfioException(Errno.EINVAL, "migration of " + device + ": the driver answered no flags");
        }
    }

    public MigrationFlags flags() {
        return flags;
    }

    public synchronized MigrationState state() {
        return state;
    }

    /**
     * Takes the device to a state, arc by arc; nothing happens where it is there.
     *
     * @return the stream that the last arc began, to be read in PRE_COPY, PRE_COPY_P2P and STOP_COPY, and written in
     *     RESUMING; empty where it began none, one from before living on
     * @throws VfioException EINVAL where no way leads there; else what an arc answered: the device is in the last state
     *     it reached, or in ERROR where the driver gave it up
     */
    public synchronized Optional<MigrationStream> set(MigrationState wanted) {
        MigrationStream before = stream;
        for (MigrationState next : MigrationArcs.path(flags, state, wanted)) {
            arc(next);
        }
        return stream == before ? Optional.empty() : Optional.ofNullable(stream);
    }

    private void arc(MigrationState next) {
        MigrationData data;
        try {
            data = call(state + " to " + next, () -> operations.arc(state, next));
        } catch (VfioException e) {
            if (lost()) {
                enter(MigrationState.ERROR);
            }
            throw e;
        }
        if (!belongs(data, next)) {
            enter(MigrationState.ERROR);
            throw new VfioException(Errno.EINVAL, "migration of " + device + " to " + next + ": the driver answered "
                    + (data == null ? "no stream" : "a stream that does not belong there") + "; reset the device");
        }
        enter(next);
        if (data != null) {
            stream = new MigrationStream(this, device, data);
        }
    }

    private boolean belongs(MigrationData data, MigrationState next) {
        Class<? extends MigrationData> kind = begins(state, next);
        if (kind == null ? data == null : kind.isInstance(data)) {
            return true;
        }
        if (data != null) {
            close(data);
        }
        return false;
    }

    /** The kind of stream that an arc begins, or null. */
    private static Class<? extends MigrationData> begins(MigrationState from, MigrationState to) {
        if (to == MigrationState.RESUMING) {
            return ResumingData.class;
        }
        return to.saves() && !from.saves() ? SavingData.class : null;
    }

    /** A driver that does not answer has lost its device, too. */
    private boolean lost() {
        try {
            return call("failure", operations::broken);
        } catch (VfioException e) {
            return true;
        }
    }

    private void enter(MigrationState next) {
        if (stream != null && !stream.livesIn(next)) {
            closeStream();
        }
        state = next;
    }

    private void closeStream() {
        MigrationData data = stream.end();
        stream = null;
        close(data);
    }

    private void close(MigrationData data) {
        try {
            worker.finish("close the migration stream of " + device, DriverWorker.LONGEST, limit, data::close);
        } catch (VfioException e) {
            System.getLogger(MigrationMachine.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
        }
    }

    /** @throws VfioException what the driver answered; EIO where that is negative */
    public synchronized long stopCopyLength() {
        long length = call("data size", operations::stopCopyLength);
        if (length < 0) {
            throw new VfioException(Errno.EIO, "migration data size of " + device + ": the driver answered " + length);
        }
        return length;
    }

    /** The device has been reset: it is RUNNING, out of ERROR too, and streams are dead. */
    public synchronized void afterReset() {
        if (stream != null) {
            closeStream();
        }
        state = MigrationState.RUNNING;
        call("reset", () -> {
            operations.afterReset();
            return null;
        });
    }

    /** The device is closed: streams are dead. */
    public synchronized void end() {
        if (stream != null) {
            closeStream();
        }
    }

    <T> T call(String what, Callable<T> call) {
        return worker.call("migration of " + device + ", " + what, limit, call);
    }
}
