// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.internal.dirty.DirtyTracker;
import vfio.core.internal.migration.MigrationMachine;
import vfio.core.thread.Deadline;

/**
 * A time in which no user's call is inside the driver of an open device, and calls wait. Calls are recorded first, so that
 * only those of before are awaited, while nobody waits; then the gates pause.
 *
 * <p>Locks, in this order: the turn of the migration, the turn of the dirty log, the gates.
 */
final class Standstill {
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
    private final OpenDevice open;
    private final Runnable resumed;
    private final List<Gate> gates;
    private long began;
    private Deadline end;
    private Deadline longest;

    /**
     * Prepares a standstill.
     *
     * @param act the beginning of each refusal, such as "exchange the driver of 0000:01:00.0: "
     * @param resumed called whenever calls do not wait any more
     */
    Standstill(String act, OpenDevice open, Runnable resumed) {
        this.act = act;
        this.open = open;
        this.resumed = resumed;
        gates = open.gates();
    }

    /**
     * Runs what is done while nobody is inside, once.
     *
     * @param during returns something
     * @throws VfioException EBUSY where calls under way, a migration or a dirty log stand in the way; what {@code during}
     *     throws
     */
    <T> T run(Supplier<T> during) {
        for (Duration patience = FIRST_TRY; patience.compareTo(LAST_TRY) <= 0; patience = patience.multipliedBy(2)) {
            Optional<T> done = tried(during, patience);
            if (done.isPresent()) {
                return done.get();
            }
        }
        throw new VfioException(Errno.EBUSY, act + "calls of its users do not end; try again later");
    }

    /** Lets calls in again, on any thread; what runs in the standstill may do so as the last thing. */
    void resume() {
        gates.forEach(Gate::resume);
    }

    /** Returns how long calls may have waited until now. */
    Duration lasted() {
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** Returns how many calls have waited until now, or were told to come again. */
    long waited() {
        return gates.stream().mapToLong(Gate::waited).sum();
    }

    /** Returns when the pause should be over. */
    Deadline end() {
        return end;
    }

    /** Returns when the pause must be over. */
    Deadline longest() {
        return longest;
    }

    private <T> Optional<T> tried(Supplier<T> during, Duration patience) {
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
                return inTurn(during, patience);
            } finally {
                if (dirtyPages != null) {
                    dirtyPages.letGo();
                }
            }
        } finally {
            if (migration != null) {
                migration.letGo();
            }
            resumed.run();
        }
    }

    private void refuseMigrating(MigrationMachine migration) {
        if (migration != null) {
            migration.standsInTheWay().ifPresent(why -> {
                throw new VfioException(Errno.EBUSY, act + why + "; try again when it runs, or reset it");
            });
        }
    }

    private <T> Optional<T> inTurn(Supplier<T> during, Duration patience) {
        gates.forEach(Gate::record);
        try {
            if (!empty(RECORDING, Gate::awaitRecorded)) {
                return Optional.empty();
            }
            began = System.nanoTime();
            end = Deadline.in(PAUSE);
            longest = Deadline.in(LONGEST_PAUSE);
            gates.forEach(Gate::pause);
            return empty(patience, Gate::awaitEmpty) ? Optional.of(during.get()) : Optional.empty();
        } finally {
            resume();
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
}
