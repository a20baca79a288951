// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.migration;

import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.internal.turn.Turn;
import vfio.core.migration.MigrationData;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;
import vfio.core.migration.ResumingData;
import vfio.core.migration.SavingData;
import vfio.core.thread.Deadline;

/**
 * The migration state of one open device. It is made, RUNNING, after the driver has opened the device, and ended before
 * the driver closes it.
 *
 * <p>{@link #state}, {@link #afterReset} and {@link #end} never wait, whatever the driver is doing: they may be called on
 * any thread, the driver's worker included, with any lock held. What they leave to the driver is queued for its worker.
 *
 * <p>Locks: {@code turn}, inside which the driver's worker is waited for, by whoever uses the driver; and this object's
 * own, for the fields, inside which nothing is called.
 */
public final class MigrationMachine {
    private final String device;
    private final MigrationFlags flags;
    private volatile Driver driver;
    private final Turn turn = new Turn();
    /** What the driver has still to be told, in order: every call of it tells it first. */
    private final Queue<Runnable> chores = new ConcurrentLinkedQueue<>();
    private MigrationState state = MigrationState.RUNNING;
    private UserStream stream;
    private int resets;
    private boolean ended;

    /** The driver; another one after an exchange. */
    private record Driver(MigrationOperations operations, DriverWorker worker, Duration limit) {
    }

    /**
     * Asks the driver for its flags, so this runs where the driver may be called: on its worker.
     *
     * @param limit for each call of the driver
     * @throws VfioException EINVAL where the driver does not tell its flags
     */
    public MigrationMachine(String device, MigrationOperations operations, DriverWorker worker, Duration limit) {
        this.device = device;
        driver = new Driver(operations, worker, limit);
        flags = MigrationFlags.of(device, operations);
    }

    public MigrationFlags flags() {
        return flags;
    }

    /**
     * The last state that the device has reached; it does not wait for an arc under way.
     *
     * @throws VfioException ENODEV where the device is closed
     */
    public synchronized MigrationState state() {
        if (ended) {
            throw gone("get the state");
        }
        return state;
    }

    private synchronized int resets() {
        return resets;
    }

    private VfioException gone(String act) {
        return new VfioException(Errno.ENODEV, act + " of " + device + ": the device was closed or revoked; open it again");
    }

    /**
     * Takes the device to a state, arc by arc; nothing happens where it is there.
     *
     * @return the stream that the last arc began, to be read in PRE_COPY, PRE_COPY_P2P and STOP_COPY, and written in
     *     RESUMING; empty where it began none, one from before living on
     * @throws VfioException EINVAL where no way leads there; ENODEV where the device is closed; EAGAIN where it was reset
     *     meanwhile and is RUNNING; else what an arc answered: the device is in the last state it reached, or in ERROR
     *     where the driver gave it up
     */
    public Optional<MigrationStream> set(MigrationState wanted) {
        return inTurn(() -> {
            int life = resets();
            MigrationState at = state();
            Optional<MigrationStream> begun = Optional.empty();
            for (MigrationState next : flags.path(at, wanted)) {
                begun = arc(life, at, next);
                at = next;
            }
            return begun;
        });
    }

    private Optional<MigrationStream> arc(int life, MigrationState from, MigrationState to) {
        return call(from + " to " + to, life, () -> {
            MigrationData data = driver.operations.arc(from, to);
            try {
                return reached(life, from, to, data);
            } catch (VfioException e) {
                if (data != null) {
                    tell("close an unwanted migration stream", data::close);
                }
                throw e;
            } finally {
                doChores(); // here, since the driver's close of the device may be the next on its worker
            }
        });
    }

    private synchronized Optional<MigrationStream> reached(int life, MigrationState from, MigrationState to,
            MigrationData data) {
        refuseIfReset(life);
        if (state != from) {
            throw new VfioException(Errno.EIO, "migration of " + device + " to " + to + ": the driver took too long");
        }
        Class<? extends MigrationData> kind = begins(from, to);
        if (kind == null ? data != null : !kind.isInstance(data)) {
            enter(MigrationState.ERROR);
            throw lied(Errno.EINVAL, "migration of " + device + " to " + to + ": the driver answered "
                    + (data == null ? "no stream" : "a stream that does not belong there") + "; reset the device");
        }
        enter(to);
        if (data == null) {
            return Optional.empty();
        }
        stream = new UserStream(this, device, data);
        return Optional.of(stream);
    }

    /** The kind of stream that an arc begins, or null. */
    private static Class<? extends MigrationData> begins(MigrationState from, MigrationState to) {
        if (to == MigrationState.RESUMING) {
            return ResumingData.class;
        }
        return to.saves() && !from.saves() ? SavingData.class : null;
    }

    private synchronized void refuseIfReset(int life) {
        if (ended) {
            throw gone("migration");
        }
        if (resets != life) {
            throw new VfioException(Errno.EAGAIN, "migration of " + device
                    + ": it was reset meanwhile and is RUNNING; begin again from there");
        }
    }

    /**
     * Calls this object's methods for a user.
     *
     * @param waits whether the user waits for an exchange of the driver
     * @throws VfioException EAGAIN, of kind HELD, for a user who does not wait, while the turn is held for an exchange
     */
    <T> T asUser(boolean waits, Supplier<T> act) {
        turn.lock(waits, "migration of " + device);
        try {
            return act.get();
        } finally {
            turn.unlock();
        }
    }

    /** The callers one after the other, each with what it asks of the driver. */
    <T> T inTurn(Supplier<T> act) {
        turn.lock();
        try {
            return act.get();
        } finally {
            turn.unlock();
            doChoresSoon();
        }
    }

    /** Calls the driver, in turn; what it has missed is told it first. */
    <T> T call(String what, Callable<T> act) {
        return call(what, resets(), act);
    }

    private <T> T call(String what, int life, Callable<T> act) {
        refuseIfReset(life);
        Driver now = driver;
        MigrationCall<T> driverCall = new MigrationCall<>(now.operations, () -> {
            doChores();
            refuseIfReset(life);
        }, act);
        try {
            return now.worker.call("migration of " + device + ", " + what, now.limit, driverCall);
        } catch (VfioException e) {
            if (driverCall.lost()) {
                lose(life);
            }
            throw e;
        }
    }

    private synchronized void lose(int life) {
        if (!ended && resets == life) {
            enter(MigrationState.ERROR);
        }
    }

    /** The caller holds the lock. */
    private void enter(MigrationState next) {
        if (stream != null && !stream.livesIn(next)) {
            endStream();
        }
        state = next;
    }

    /** The caller holds the lock. */
    private void endStream() {
        if (stream != null) {
            tell("close the migration stream", stream.end()::close);
            stream = null;
        }
    }

    /**
     * How many bytes STOP_COPY would give now.
     *
     * @throws VfioException ENODEV where the device is closed; what the driver answered; EIO where that is negative
     */
    public long stopCopyLength() {
        long length = inTurn(() -> call("data size", () -> driver.operations.stopCopyLength()));
        if (length < 0) {
            throw lied(Errno.EIO, "migration data size of " + device + ": the driver answered " + length);
        }
        return length;
    }

    /** Returns the refusal of an answer that cannot be. */
    VfioException lied(Errno errno, String sentence) {
        return driver.worker.lied(errno, sentence);
    }

    /**
     * The device has been reset: it is RUNNING, out of ERROR too, and streams are dead. An arc under way ends where it is.
     * Called in the turn of the driver's worker that made the reset, nothing of before comes between.
     */
    public void afterReset() {
        synchronized (this) {
            if (ended) {
                return;
            }
            int life = ++resets;
            endStream();
            state = MigrationState.RUNNING;
            tell("tell the driver of the reset", () -> {
                try {
                    driver.operations.afterReset();
                } catch (Throwable e) { // a driver that is not as the reset left it
                    lose(life);
                    throw e;
                }
            });
        }
        doChoresSoon();
    }

    /** The device closes: streams are dead, and users get ENODEV. */
    public void end() {
        synchronized (this) {
            ended = true;
            endStream();
        }
        doChoresSoon();
    }

    /**
     * Holds the turn, for an exchange of the driver: no call of the driver begins until {@link #letGo}.
     *
     * @return false where another thread has the turn until the deadline
     */
    public boolean hold(Deadline deadline) {
        boolean held = deadline.lock(turn);
        if (held) {
            turn.exchanging(true);
        }
        return held;
    }

    public void letGo() {
        turn.exchanging(false);
        turn.unlock();
        doChoresSoon();
    }

    /** Returns why the driver cannot be exchanged now; empty where the device runs and no stream is there. */
    public synchronized Optional<String> standsInTheWay() {
        return state == MigrationState.RUNNING && stream == null ? Optional.empty()
                : Optional.of("the device is in migration state " + state);
    }

    /** Tells whether the driver has still to be told something. */
    public boolean hasChores() {
        return !chores.isEmpty();
    }

    /** Tells the driver what it has still to be told; on its worker, while the turn is held. */
    public void finishChores() {
        doChores();
    }

    /** Has another driver, of the same flags, migrate the device; the turn is held, and the chores are done. */
    public void rebind(MigrationOperations operations, DriverWorker worker, Duration limit) {
        driver = new Driver(operations, worker, limit);
    }

    private void tell(String what, Runnable chore) {
        chores.add(() -> {
            try {
                chore.run();
            } catch (Throwable e) { // a driver may throw anything
                System.getLogger(MigrationMachine.class.getName()).log(System.Logger.Level.WARNING,
                        what + " of " + device + ": the driver threw " + e.getClass().getName());
            }
        });
    }

    /** On the worker. */
    private void doChores() {
        for (Runnable chore = chores.poll(); chore != null; chore = chores.poll()) {
            chore.run();
        }
    }

    /** Without waiting, and without a lock of this object: a worker that finds its driver stuck tells others. */
    private void doChoresSoon() {
        if (chores.isEmpty()) {
            return;
        }
        try {
            Driver now = driver;
            now.worker.finish("migration of " + device + ", after its streams", Duration.ZERO, now.limit, this::doChores);
        } catch (VfioException e) {
            if (e.errno() != Errno.EBUSY) { // EBUSY: it comes when the driver's other calls are over
                chores.clear(); // the driver is not called any more
            }
        }
    }
}
