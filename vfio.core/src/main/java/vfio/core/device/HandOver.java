// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.function.Consumer;
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
    /** The state to go on from where the driver hands over none; null where the exchange is called off then. */
    private final byte[] otherwise;
    private byte[] state;
    private boolean asked;
    private boolean failed;
    /** Whether a state was passed on, or will not be. */
    private boolean decided;

    /** @param act the beginning of each refusal */
    HandOver(String act, String name, OpenDevice open) {
        this(act, name, open, null);
    }

    /**
     * Prepares the hand-over by a driver that may be broken.
     *
     * @param otherwise the state to go on from where the driver hands over none; null where the exchange is called off then
     */
    HandOver(String act, String name, OpenDevice open, byte[] otherwise) {
        this.act = act;
        this.name = name;
        this.open = open;
        this.otherwise = otherwise;
        seat = open.answers().seat();
        migration = open.migrationMachine();
    }

    /** Has the driver's thread run, so that it is awake in the standstill. */
    void prepare() {
        try {
            seat.worker().run("get ready to hand over " + name, seat.limit(), () -> { });
        } catch (VfioException e) {
            if (otherwise == null) {
                throw notHandedOver(e);
            }
        }
    }

    private static VfioException notHandedOver(VfioException e) {
        return new VfioException(VfioException.Kind.NOT_HANDED_OVER, e.errno(), e.sentence());
    }

    /** Tells whether the driver handed over nothing, so that the next one goes on from another state. */
    boolean hasFailed() {
        return failed;
    }

    /** Returns the state that was handed over where it lasts; else null. */
    byte[] lasting() {
        return state != null && !failed && DriverState.isLasting(state) ? state : null;
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

    /** Returns the state of the device as bytes, as {@link #state(int, Deadline, Consumer)} passes it on. */
    byte[] state(int version, Deadline end) {
        state(version, end, bytes -> { });
        return state;
    }

    /**
     * Passes the state of the device on, as bytes; on the driver's thread where the driver is asked, so that nobody has to be
     * woken in between. Whatever comes of it, {@link #stay} may follow.
     *
     * @param version of the state; 0 for none
     * @param next throws nothing
     * @throws VfioException of kind NOT_HANDED_OVER: EINVAL where the driver answers nothing or another version; E2BIG for
     *     too large a state; EBUSY where the driver takes too long; else what the driver answered
     */
    void state(int version, Deadline end, Consumer<byte[]> next) {
        if (version == 0 && (migration == null || !migration.hasChores())) {
            pass(DriverState.none().encoded(), next);
            return;
        }
        asked = true;
        try {
            seat.worker().attempt("hand over " + name, end.left(), seat.limit(), () -> {
                if (migration != null) {
                    migration.finishChores();
                }
                pass(version == 0 ? DriverState.none().encoded() : written(version), next);
                return null;
            });
        } catch (VfioException e) {
            if (passed(next)) {
                return;
            }
            throw notHandedOver(e);
        }
    }

    /** Passes a state on, unless the driver has taken too long for that. */
    private synchronized void pass(byte[] bytes, Consumer<byte[]> next) {
        if (!decided) {
            decided = true;
            state = bytes;
            next.accept(bytes);
        }
    }

    /** Tells whether a state was passed on though the driver has failed: another one, or the driver's at the last moment. */
    private synchronized boolean passed(Consumer<byte[]> next) {
        failed = !decided;
        if (failed && otherwise != null) {
            pass(otherwise, next);
        }
        decided = true;
        return state != null;
    }

    private byte[] written(int version) {
        DriverState state = open.handOver(version);
        if (state == null || state.version() != version) {
            throw seat.worker().lied(Errno.EINVAL, act + "the driver handed over "
                    + (state == null ? "nothing" : "a state of version " + state.version()) + ", and version " + version
                    + " was asked for");
        }
        return state.encoded();
    }

    /**
     * Has the driver go on, which may still be handing over: no call of a user comes in between. A driver that was not asked
     * to hand over is not called.
     *
     * @throws VfioException of kind STUCK where the driver does not come back in time
     */
    void stay(Deadline longest) {
        if (!asked) {
            return;
        }
        try {
            seat.worker().attempt("stay with " + name, longest.left(), seat.limit(), () -> {
                open.stay();
                return null;
            });
        } catch (VfioException e) {
            open.shut(); // before the gates open: no call that waits meets the driver inside its hand-over
            throw new VfioException(VfioException.Kind.STUCK, Errno.ETIMEDOUT, act + "the driver did not come back from "
                    + "handing over; its users lose the device: " + e.sentence());
        }
    }
}
