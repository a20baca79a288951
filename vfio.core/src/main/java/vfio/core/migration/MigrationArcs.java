// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import static vfio.core.migration.MigrationState.ERROR;
import static vfio.core.migration.MigrationState.PRE_COPY;
import static vfio.core.migration.MigrationState.PRE_COPY_P2P;
import static vfio.core.migration.MigrationState.RESUMING;
import static vfio.core.migration.MigrationState.RUNNING;
import static vfio.core.migration.MigrationState.RUNNING_P2P;
import static vfio.core.migration.MigrationState.STOP;
import static vfio.core.migration.MigrationState.STOP_COPY;

import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;

/** The ways from one state to another, arc by arc ({@code vfio_mig_get_next_state} in drivers/vfio/vfio_main.c). */
final class MigrationArcs {
    /** The next state for a device with all flags: a row for where it is, a column for where it is to go. */
    private static final MigrationState[][] NEXT = {
            row(ERROR, ERROR, ERROR, ERROR, ERROR, ERROR, ERROR, ERROR), // ERROR
            row(ERROR, STOP, RUNNING_P2P, STOP_COPY, RESUMING, RUNNING_P2P, RUNNING_P2P, RUNNING_P2P), // STOP
            row(ERROR, RUNNING_P2P, RUNNING, RUNNING_P2P, RUNNING_P2P, RUNNING_P2P, PRE_COPY, RUNNING_P2P), // RUNNING
            row(ERROR, STOP, STOP, STOP_COPY, STOP, STOP, ERROR, ERROR), // STOP_COPY
            row(ERROR, STOP, STOP, STOP, RESUMING, STOP, STOP, STOP), // RESUMING
            row(ERROR, STOP, RUNNING, STOP, STOP, RUNNING_P2P, RUNNING, PRE_COPY_P2P), // RUNNING_P2P
            row(ERROR, RUNNING, RUNNING, PRE_COPY_P2P, RUNNING, RUNNING, PRE_COPY, PRE_COPY_P2P), // PRE_COPY
            row(ERROR, RUNNING_P2P, RUNNING_P2P, STOP_COPY, RUNNING_P2P, RUNNING_P2P, PRE_COPY, PRE_COPY_P2P)};

    private MigrationArcs() {
    }

    /** In the order of the states. */
    private static MigrationState[] row(MigrationState... next) {
        return next;
    }

    /** Returns the states that a device passes, as {@link MigrationFlags#path} says. */
    static List<MigrationState> path(MigrationFlags flags, MigrationState from, MigrationState to) {
        List<MigrationState> path = new ArrayList<>();
        for (MigrationState at = from; at != to;) {
            at = next(flags, at, to);
            if (at == ERROR) {
                throw new VfioException(Errno.EINVAL, "migration from " + from + " to " + to + ": " + why(flags, from, to));
            }
            path.add(at);
        }
        return path;
    }

    private static MigrationState next(MigrationFlags flags, MigrationState from, MigrationState to) {
        if (!flags.has(from) || !flags.has(to)) {
            return ERROR;
        }
        MigrationState next = NEXT[from.ordinal()][to.ordinal()];
        while (!flags.has(next)) {
            next = NEXT[next.ordinal()][to.ordinal()];
        }
        return next;
    }

    private static String why(MigrationFlags flags, MigrationState from, MigrationState to) {
        if (from == ERROR) {
            return "only a reset leaves ERROR";
        }
        if (to == ERROR) {
            return "a device comes to ERROR by itself alone";
        }
        if (!flags.has(from) || !flags.has(to)) {
            return "the device has no state " + (flags.has(from) ? to : from);
        }
        return "its state has been read while it was stopped; go to RUNNING first";
    }
}
