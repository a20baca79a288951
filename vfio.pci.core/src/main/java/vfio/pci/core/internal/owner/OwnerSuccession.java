// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.owner;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DriverState;
import vfio.core.device.Exchanged;
import vfio.core.thread.Deadline;
import vfio.pci.core.user.KeptFunction;

/**
 * The exchange of a driver that uses its function itself, in the steps and by the rules of a VFIO device's. First calls of
 * the owner's services wait, while interrupts come, for a call may wait for one; then interrupts are held back. The state is
 * handed over, what the next version asks for is compared with what there is, and the next version is put in place. Whatever
 * fails before that leaves the version of before as it was.
 */
public final class OwnerSuccession {
    /** The longest pause that ends well. */
    private static final Duration PAUSE = Duration.ofSeconds(1);
    /** The longest pause at all. */
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(4);
    /** The patience with calls under way while others wait, at the first try and at the last one; each try doubles it. */
    private static final Duration FIRST_TRY = Duration.ofMillis(1);
    private static final Duration LAST_TRY = Duration.ofMillis(64);

    private final String name;
    private final String act;
    private final OwnedFunction owned;
    private final OwnerSeat from;
    private final OwnerSeat to;
    private final int version;
    private final byte[] otherwise;
    private final Runnable committed;
    private final long waited;
    private byte[] state;
    /** Whether the version of before has handed over nothing, and the next one goes on from another state. */
    private boolean failed;
    /** Whether the version of before was called to hand over; on its thread alone. */
    private boolean handing;
    /** Whether the next version was asked to take the function over. */
    private boolean asked;
    /** Whether the next version has taken the function over, so that it must let go where the exchange is called off. */
    private volatile boolean taken;

    /**
     * Prepares an exchange.
     *
     * @param version of the state that is handed over; 0 for none
     * @param otherwise the state to go on from where the version of before hands over none; null where the exchange is called
     *     off then
     * @param committed called once, when the exchange counts, inside the pause: assignments only
     */
    public OwnerSuccession(OwnedFunction owned, OwnerSeat from, OwnerSeat to, int version, byte[] otherwise,
            Runnable committed) {
        this.owned = owned;
        this.from = from;
        this.to = to;
        this.version = version;
        this.otherwise = otherwise;
        this.committed = committed;
        waited = owned.calls().waited();
        name = owned.name();
        act = "exchange the driver of " + name + ": ";
    }

    /**
     * Exchanges the driver.
     *
     * @throws VfioException EBUSY where calls or interrupts under way do not end; EINVAL where the next version does not ask
     *     for all that there is; EDEADLK inside such a call; of kind STUCK where the version of before did not come back, and
     *     its services have ended; else what one of the versions answered. The version of before has the function then
     */
    public Exchanged run() {
        Optional<KeptFunction> kept = owned.kept();
        if (owned.calls().mine() || kept.map(KeptFunction::mine).orElse(false)) {
            throw new VfioException(Errno.EDEADLK, act + "it would wait for a call of this same thread through the function; "
                    + "do it on another thread");
        }
        to.worker().run("get ready to take over " + name, to.limit(), () -> { }); // so that the threads are awake
        prepare();
        to.access().take(from.access());
        try {
            Exchanged done = tried(kept);
            to.access().publish();
            owned.lasting(failed || !DriverState.decoded(state).isLasting() ? null : state);
            letGo(from, failed ? Duration.ZERO : from.limit(), () -> from.owner().handedOver());
            return done;
        } catch (VfioException e) {
            undo();
            to.access().end();
            throw e;
        }
    }

    /** Has the thread of the version of before run, so that it is awake in the pause. */
    private void prepare() {
        if (version > 0) {
            try {
                asked(() -> from.worker().call("get ready to hand over " + name, from.limit(), () -> null));
            } catch (VfioException e) {
                if (otherwise == null) {
                    throw e;
                }
            }
        }
    }

    private Exchanged tried(Optional<KeptFunction> kept) {
        for (Duration patience = FIRST_TRY; patience.compareTo(LAST_TRY) <= 0; patience = patience.multipliedBy(2)) {
            if (owned.calls().pause(patience)) {
                long began = System.nanoTime();
                try {
                    if (kept.isEmpty() || kept.get().pause(patience)) {
                        return alone(kept, began);
                    }
                } finally {
                    owned.calls().resume();
                }
            }
        }
        throw new VfioException(Errno.EBUSY, act + "calls of its services, or listeners of its interrupts, do not end; try "
                + "again later");
    }

    private Exchanged alone(Optional<KeptFunction> kept, long began) {
        try {
            handedOver(Deadline.in(PAUSE));
            if (owned.calls().isShut()) {
                throw new VfioException(VfioException.Kind.LEFT, Errno.ENODEV,
                        act + "it was taken from its driver meanwhile");
            }
            committed.run();
            to.access().succeed();
            return new Exchanged(Duration.ofNanos(System.nanoTime() - began), owned.calls().waited() - waited,
                    version == 0 ? 0 : state.length);
        } finally {
            kept.ifPresent(KeptFunction::resume);
        }
    }

    /** Hands the state over; where that fails, the version of before goes on. */
    private void handedOver(Deadline end) {
        Deadline longest = Deadline.in(LONGEST_PAUSE);
        try {
            state = version == 0 ? DriverState.none().encoded() : state(end);
            Duration left = (failed ? longest : end).left();
            asked = true;
            Optional<String> missing = to.worker().attempt("take over " + name, left, to.limit(), () -> {
                to.owner().takeOver(DriverState.decoded(state));
                taken = true;
                return to.access().missing();
            });
            missing.ifPresent(what -> {
                throw new VfioException(Errno.EINVAL, act + "the next version has not asked for " + what
                        + ", which the function or its users rely on");
            });
        } catch (VfioException e) {
            if (version > 0) { // else it was not asked
                stay(longest);
            }
            throw failed ? new VfioException(VfioException.Kind.NOT_HANDED_OVER, e.errno(), e.sentence()) : e;
        }
    }

    private byte[] state(Deadline end) {
        try {
            return asked(() -> from.worker().attempt("hand over " + name, end.left(), from.limit(), this::written));
        } catch (VfioException e) {
            if (otherwise == null) {
                throw e;
            }
            failed = true;
            return otherwise;
        }
    }

    /** Returns what the version of before answers; its refusals are of kind NOT_HANDED_OVER. */
    private static <T> T asked(Supplier<T> call) {
        try {
            return call.get();
        } catch (VfioException e) {
            throw new VfioException(VfioException.Kind.NOT_HANDED_OVER, e.errno(), e.sentence());
        }
    }

    private byte[] written() {
        handing = true;
        DriverState state = from.owner().handOver(version);
        if (state == null || state.version() != version) {
            throw from.worker().lied(Errno.EINVAL, act + "the driver handed over "
                    + (state == null ? "nothing" : "a state of version " + state.version()) + ", and version " + version
                    + " was asked for");
        }
        return state.encoded();
    }

    private void stay(Deadline longest) {
        String what = "stay with " + name;
        try {
            from.worker().attempt(what, longest.left(), from.limit(), () -> {
                try {
                    if (handing) {
                        from.owner().stay();
                    }
                } catch (Throwable e) { // a driver may throw anything; it has the function all the same
                    warn(from.worker().thrown(what, e));
                }
                return null;
            });
        } catch (VfioException e) {
            owned.withdraw(); // before calls go on: none that waits meets the driver inside its hand-over
            throw new VfioException(VfioException.Kind.STUCK, Errno.ETIMEDOUT, act + "the driver did not come back from "
                    + "handing over; its services end: " + e.sentence());
        }
    }

    /** Has the next version let go where it has taken the function over, or does so yet: nobody waits for that then. */
    private void undo() {
        if (asked) {
            letGo(to, taken ? to.limit() : Duration.ZERO, () -> {
                if (taken) {
                    to.owner().handedOver();
                }
            });
        }
    }

    /** Has the version that does not have the function let go, while the other one serves already. */
    private void letGo(OwnerSeat seat, Duration patience, Runnable call) {
        try {
            seat.worker().finish("let go of " + name, patience, seat.limit(), call);
        } catch (VfioException e) {
            if (!patience.isZero()) {
                warn(e);
            }
        }
    }

    private static void warn(VfioException e) {
        System.getLogger(OwnerSuccession.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
    }
}
