// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.internal.dirty.DirtyTracker;
import vfio.core.internal.migration.MigrationMachine;
import vfio.core.thread.Deadline;

/**
 * The exchange of the driver behind one open device, under the lock of the device's set. The next driver is asked everything
 * before any call of a user waits; then calls are recorded, so that only those of before are awaited; then the gates pause,
 * the state is handed over, and the next driver is put in place. Whatever fails before that leaves the driver of before as it
 * was.
 *
 * <p>Locks, in this order: the turn of the migration, the turn of the dirty log, the gates.
 */
final class Succession {
    /** The longest pause that ends well. */
    private static final Duration PAUSE = Duration.ofSeconds(1);
    /** The longest pause at all: a user's own users wait for an answer for 5 seconds at the most. */
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(4);
    /** The patience with calls that came before: long, since nobody waits for them but the exchange. */
    private static final Duration RECORDING = Duration.ofMillis(100);
    /** The patience with calls under way while others wait, at the first try and at the last one; each try doubles it. */
    private static final Duration FIRST_TRY = Duration.ofMillis(1);
    private static final Duration LAST_TRY = Duration.ofMillis(64);

    private final String act;
    private final String name;
    private final DriverSide side;
    private final OpenDevice open;
    private final Seat from;
    private final Seat to;
    private final OptionalInt stateVersion;
    private final Runnable committed;
    private final List<Gate> gates;
    private int bytes;
    /** Whether the next driver has taken the device over, so that it must let go where the exchange is called off. */
    private volatile boolean taken;

    Succession(String name, DriverSide side, OpenDevice open, Seat next, OptionalInt stateVersion,
            Runnable committed) {
        act = "exchange the driver of " + name + ": ";
        this.name = name;
        this.side = side;
        this.open = open;
        this.stateVersion = stateVersion;
        this.committed = committed;
        from = side.seat();
        to = next;
        gates = open.gates();
    }

    /** @throws VfioException as {@link VfioDevice#exchange}; the driver of before has the device then */
    Exchanged run() {
        DriverAnswers answers = prepared();
        from.worker().run("get ready to hand over " + name, from.limit(), () -> { }); // so that its thread is awake
        try {
            Exchanged done = tried(answers);
            letGo(stateVersion.isPresent(), from);
            return done;
        } catch (VfioException e) {
            letGo(taken, to);
            throw e;
        }
    }

    private Exchanged tried(DriverAnswers answers) {
        for (Duration patience = FIRST_TRY; patience.compareTo(LAST_TRY) <= 0; patience = patience.multipliedBy(2)) {
            Optional<Exchanged> done = tried(answers, patience);
            if (done.isPresent()) {
                return done.get();
            }
        }
        throw new VfioException(Errno.EBUSY, act + "calls of its users do not end; try again later");
    }

    /**
     * Asks the next driver about the device, before anybody waits; its classes are loaded by that. A driver that takes the
     * device over may have no answers before it has.
     *
     * @return null where there are none yet
     */
    private DriverAnswers prepared() {
        try {
            DriverAnswers answers = to.worker().call("get ready to take over " + name, to.limit(),
                    () -> new DriverAnswers(name, to, open.calls()));
            if (stateVersion.isEmpty()) {
                refuseDifference(answers);
            }
            return answers;
        } catch (VfioException e) {
            if (stateVersion.isEmpty() || to.worker().fault().isPresent()) {
                throw e;
            }
            return null;
        }
    }

    private void refuseDifference(DriverAnswers answers) {
        open.answers().difference(answers).ifPresent(difference -> {
            throw new VfioException(Errno.EINVAL, act + difference + "; users rely on it until the device is closed");
        });
    }

    private Optional<Exchanged> tried(DriverAnswers answers, Duration patience) {
        Deadline deadline = Deadline.in(patience);
        MigrationMachine migration = open.migrationMachine();
        if (migration != null && !migration.hold(deadline)) {
            return Optional.empty();
        }
        try {
            refuseMigrating(migration);
            DirtyTracker dirtyPages = open.dirtyTracker();
            if (dirtyPages != null && !dirtyPages.hold(deadline)) {
                return Optional.empty();
            }
            try {
                if (dirtyPages != null && dirtyPages.runs()) {
                    throw new VfioException(Errno.EBUSY, act + "its dirty log runs; try again when it is stopped");
                }
                return inTurn(answers, patience);
            } finally {
                if (dirtyPages != null) {
                    dirtyPages.letGo();
                }
            }
        } finally {
            if (migration != null) {
                migration.letGo();
            }
        }
    }

    private void refuseMigrating(MigrationMachine migration) {
        if (migration != null) {
            migration.standsInTheWay().ifPresent(why -> {
                throw new VfioException(Errno.EBUSY, act + why + "; try again when it runs, or reset it");
            });
        }
    }

    private Optional<Exchanged> inTurn(DriverAnswers answers, Duration patience) {
        gates.forEach(Gate::record);
        try {
            if (!empty(RECORDING, Gate::awaitRecorded)) {
                return Optional.empty();
            }
            Deadline end = Deadline.in(PAUSE);
            long began = System.nanoTime();
            gates.forEach(Gate::pause);
            if (!empty(patience, Gate::awaitEmpty)) {
                return Optional.empty();
            }
            DriverAnswers last = stateVersion.isEmpty() ? toldOff(answers, end)
                    : handedOver(stateVersion.getAsInt(), end);
            if (!side.commit(open, last, committed)) {
                throw new VfioException(Errno.ENODEV, act + "the device was closed meanwhile");
            }
            return Optional.of(new Exchanged(Duration.ofNanos(System.nanoTime() - began), bytes));
        } finally {
            gates.forEach(Gate::resume);
            open.resumed();
        }
    }

    private interface Await {
        boolean in(Gate gate, Duration patience);
    }

    private boolean empty(Duration patience, Await await) {
        Deadline deadline = Deadline.in(patience);
        for (Gate gate : gates) {
            if (!await.in(gate, deadline.left())) {
                return false;
            }
        }
        return true;
    }

    /** Has the driver of before hear what it has still to be told, where there is anything; a driver without a state. */
    private DriverAnswers toldOff(DriverAnswers answers, Deadline end) {
        MigrationMachine migration = open.migrationMachine();
        if (migration != null && migration.hasChores()) {
            from.worker().attempt("end the chores of " + name, end.left(), from.limit(), () -> {
                migration.finishChores();
                return null;
            });
        }
        return answers;
    }

    /** Hands the state over; where that fails, the driver of before goes on. */
    private DriverAnswers handedOver(int version, Deadline end) {
        Deadline longest = Deadline.in(LONGEST_PAUSE);
        MigrationMachine migration = open.migrationMachine();
        try {
            byte[] state = from.worker().attempt("hand over " + name, end.left(), from.limit(), () -> {
                if (migration != null) {
                    migration.finishChores();
                }
                return version == 0 ? DriverState.none().encoded() : written(version);
            });
            bytes = version == 0 ? 0 : state.length;
            DriverAnswers answers = to.worker().attempt("take over " + name, end.left(), to.limit(), () -> {
                to.operations().takeOver(DriverState.decoded(state));
                taken = true;
                return new DriverAnswers(name, to, open.calls());
            });
            refuseDifference(answers);
            return answers;
        } catch (VfioException e) {
            stay(longest);
            throw e;
        }
    }

    private byte[] written(int version) {
        DriverState state = from.operations().handOver(version);
        if (state == null || state.version() != version) {
            throw new VfioException(Errno.EINVAL, act + "the driver handed over "
                    + (state == null ? "nothing" : "a state of version " + state.version()) + ", and version " + version
                    + " was asked for");
        }
        return state.encoded();
    }

    /**
     * Has the driver of before go on, which may still be handing over: no call of a user comes in between.
     *
     * @throws VfioException of kind STUCK where the driver does not come back in time
     */
    private void stay(Deadline longest) {
        String what = "stay with " + name;
        try {
            from.worker().attempt(what, longest.left(), from.limit(), () -> {
                try {
                    from.operations().stay();
                } catch (Throwable e) { // a driver may throw anything; it has the device all the same
                    warn(from.worker().thrown(what, e));
                }
                return null;
            });
        } catch (VfioException e) {
            throw new VfioException(VfioException.Kind.STUCK, Errno.ETIMEDOUT, act + "the driver did not come back from "
                    + "handing over; its users lose the device: " + e.sentence());
        }
    }

    /** Has the driver that does not have the device let go, while the other one serves users already. */
    private void letGo(boolean must, Seat seat) {
        if (must) {
            try {
                seat.worker().finish("let go of " + name, seat.limit(), seat.limit(), () -> seat.operations().handedOver());
            } catch (VfioException e) {
                warn(e);
            }
        }
    }

    private static void warn(VfioException e) {
        System.getLogger(Succession.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
    }
}
