// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.internal.migration.MigrationMachine;
import vfio.core.thread.Deadline;

/** The hand-over of an open device by the driver that has it, in a standstill; ended there or called off by {@link #stay}. */
final class HandOver {
    private final String act;
    private final String name;
    private final OpenDevice open;
    private final Seat seat;
    /** Null where the driver does not migrate. */
    private final MigrationMachine migration;

    /** @param act the beginning of each refusal */
    HandOver(String act, String name, OpenDevice open) {
        this.act = act;
        this.name = name;
        this.open = open;
        seat = open.answers().seat();
        migration = open.migrationMachine();
    }

    /** Has the driver's thread run, so that it is awake in the standstill. */
    void prepare() {
        seat.worker().run("get ready to hand over " + name, seat.limit(), () -> { });
    }

    /** Has the driver hear what it has still to be told, where there is anything. */
    void endChores(Deadline end) {
        if (migration != null && migration.hasChores()) {
            seat.worker().attempt("end the chores of " + name, end.left(), seat.limit(), () -> {
                migration.finishChores();
                return null;
            });
        }
    }

    /**
     * Returns the state of the device as bytes. Whatever comes of it, {@link #stay} may follow.
     *
     * @param version of the state; 0 for none
     * @throws VfioException EINVAL where the driver answers nothing or another version; E2BIG for too large a state; EBUSY
     *     where the driver takes too long; else what the driver answered
     */
    byte[] state(int version, Deadline end) {
        return seat.worker().attempt("hand over " + name, end.left(), seat.limit(), () -> {
            if (migration != null) {
                migration.finishChores();
            }
            return version == 0 ? DriverState.none().encoded() : written(version);
        });
    }

    private byte[] written(int version) {
        DriverState state = open.handOver(version);
        if (state == null || state.version() != version) {
            throw new VfioException(Errno.EINVAL, act + "the driver handed over "
                    + (state == null ? "nothing" : "a state of version " + state.version()) + ", and version " + version
                    + " was asked for");
        }
        return state.encoded();
    }

    /**
     * Has the driver go on, which may still be handing over: no call of a user comes in between. A driver that was not asked
     * to hand over is told nothing.
     *
     * @throws VfioException of kind STUCK where the driver does not come back in time
     */
    void stay(Deadline longest) {
        try {
            seat.worker().attempt("stay with " + name, longest.left(), seat.limit(), () -> {
                open.stay();
                return null;
            });
        } catch (VfioException e) {
            throw new VfioException(VfioException.Kind.STUCK, Errno.ETIMEDOUT, act + "the driver did not come back from "
                    + "handing over; its users lose the device: " + e.sentence());
        }
    }
}
