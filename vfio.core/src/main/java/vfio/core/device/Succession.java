// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The exchange of the driver behind one open device, under the lock of the device's set. The next driver is asked everything
 * before any call of a user waits; then, in a standstill, the state is handed over, and the next driver is put in place.
 * Whatever fails before that leaves the driver of before as it was.
 */
final class Succession {
    private final String act;
    private final String name;
    private final DriverSide side;
    private final OpenDevice open;
    private final Seat from;
    private final Seat to;
    private final OptionalInt stateVersion;
    private final Runnable committed;
    private final Standstill standstill;
    private final HandOver handOver;
    private int bytes;
    /** Whether the next driver was asked to take the device over. */
    private boolean asked;
    /** Whether the next driver has taken the device over, so that it must let go where the exchange is called off. */
    private volatile boolean taken;
    /** Waits for the next driver. */
    private Supplier<Exchanged> taking;
    /** The account, once the exchange counts; null before. */
    private Exchanged done;
    /** Whether the exchange does not count any more, since the next driver took too long. */
    private boolean calledOff;

    /** @param otherwise as of {@link HandOver} */
    Succession(String name, DriverSide side, OpenDevice open, Seat next, OptionalInt stateVersion, byte[] otherwise,
            Runnable committed, Runnable resumed) {
        act = "exchange the driver of " + name + ": ";
        this.name = name;
        this.side = side;
        this.open = open;
        this.stateVersion = stateVersion;
        this.committed = committed;
        from = side.seat();
        to = next;
        standstill = new Standstill(act, open, resumed);
        handOver = new HandOver(act, name, open, otherwise);
    }

    /** @throws VfioException as {@link VfioDevice#exchange}; the driver of before has the device then */
    Exchanged run() {
        open.answers().ownMemory().ifPresent(region -> {
            throw new VfioException(Errno.EOPNOTSUPP, act + "the memory of " + region + " is an object of the driver's own "
                    + "class; close the device, and the next open has the next version");
        });
        DriverAnswers answers = prepared();
        try {
            if (stateVersion.isPresent()) {
                handOver.prepare();
            }
            Exchanged done = standstill.run(() -> succeeded(answers));
            if (stateVersion.isPresent()) {
                letGo(from, handOver.hasFailed() ? Duration.ZERO : from.limit(), () -> from.operations().handedOver());
            }
            return done;
        } catch (VfioException e) {
            undo();
            throw e;
        }
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
        if (open.isShut()) { // the answers of before may be gone by now
            throw closed();
        }
        open.answers().difference(answers).ifPresent(difference -> {
            throw new VfioException(Errno.EINVAL, act + difference + "; users rely on it until the device is closed");
        });
    }

    private Exchanged succeeded(DriverAnswers answers) {
        if (stateVersion.isEmpty()) {
            handOver.endChores(standstill.end());
            commit(answers);
            return account();
        }
        try {
            handOver.state(stateVersion.getAsInt(), standstill.end(), this::beginTaking);
            return taken();
        } catch (VfioException e) {
            handOver.stay(standstill.longest());
            throw handOver.hasFailed()
                    ? new VfioException(VfioException.Kind.NOT_HANDED_OVER, e.errno(), e.sentence()) : e;
        }
    }

    /** Has the next driver take over on its thread, on the thread that has the state: nobody has to be woken in between. */
    private void beginTaking(byte[] state) {
        bytes = stateVersion.getAsInt() == 0 ? 0 : state.length;
        asked = true;
        Duration left = (handOver.hasFailed() ? standstill.longest() : standstill.end()).left();
        try {
            taking = to.worker().begin("take over " + name, left, to.limit(), () -> take(state));
        } catch (VfioException e) {
            taking = () -> {
                throw e;
            };
        }
    }

    /** Takes over, on the next driver's thread; users go on as soon as that counts. */
    private Exchanged take(byte[] state) {
        to.operations().takeOver(DriverState.decoded(state));
        taken = true;
        DriverAnswers answers = new DriverAnswers(name, to, open.calls());
        refuseDifference(answers);
        synchronized (this) {
            if (calledOff) {
                throw new VfioException(Errno.EBUSY, act + "the next version took too long to take over");
            }
            commit(answers);
            done = account();
        }
        standstill.resume();
        return done;
    }

    /** Waits until the next driver has taken over. */
    private Exchanged taken() {
        try {
            return taking.get();
        } catch (VfioException e) {
            synchronized (this) {
                if (done != null) { // at the last moment
                    return done;
                }
                calledOff = true;
            }
            throw open.isShut() ? closed() : e; // of a worker, an exception has no kind
        }
    }

    private Exchanged account() {
        return new Exchanged(standstill.lasted(), standstill.waited(), bytes);
    }

    private void commit(DriverAnswers answers) {
        if (!side.commit(open, answers, handOver.lasting(), committed)) {
            throw closed();
        }
    }

    private VfioException closed() {
        return new VfioException(VfioException.Kind.LEFT, Errno.ENODEV, act + "the device was closed meanwhile");
    }

    /** Has the next driver let go where it has taken the device over, or does so yet: nobody waits for that then. */
    private void undo() {
        if (asked) {
            letGo(to, taken ? to.limit() : Duration.ZERO, () -> {
                if (taken) {
                    to.operations().handedOver();
                }
            });
        }
    }

    /** Has the driver that does not have the device let go, while the other one serves users already. */
    private void letGo(Seat seat, Duration patience, Runnable call) {
        try {
            seat.worker().finish("let go of " + name, patience, seat.limit(), call);
        } catch (VfioException e) {
            if (!patience.isZero()) {
                System.getLogger(Succession.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
            }
        }
    }
}
