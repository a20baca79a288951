// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.thread.DaemonThread;
import vfio.core.thread.Deadline;

/**
 * The driver's side of a device: opened with the first handle and closed with the last, once each. The open runs under the
 * lock of the device's set; the close may run without the lock, where the holder of the lock is stuck.
 */
final class DriverSide {
    private final String name;
    /** Called when calls do not wait for an exchange any more. */
    private final Runnable resumed;
    /** The driver; another one after an exchange. */
    private volatile Seat seat;
    /** Null while closed; the thread that sets this to null calls the driver's close. */
    private volatile OpenDevice opened;

    DriverSide(String name, Seat seat, Runnable resumed) {
        this.name = name;
        this.resumed = resumed;
        this.seat = seat;
    }

    Seat seat() {
        return seat;
    }

    /**
     * Opens the device by its driver; an open that finds the device open has the driver check its options.
     *
     * @throws VfioException as {@link #closeShut}; the refusal of the driver's open, with nothing left open
     */
    void open(Optional<UUID> vfToken) {
        closeShut("open");
        OpenDevice open = opened;
        if (open == null) {
            Seat now = seat;
            opened = now.worker().call("open " + name, now.limit(), () -> new OpenDevice(name, now, vfToken));
        } else {
            open.admit(vfToken);
        }
    }

    /**
     * Returns the open device.
     *
     * @throws VfioException ENODEV where the device is closed
     */
    OpenDevice live(String act) {
        OpenDevice open = opened;
        if (open == null) {
            throw new VfioException(Errno.ENODEV, act + " of " + name + ": the device was closed or revoked; open it again");
        }
        return open;
    }

    /** Returns which side migrates the device; empty while the device is closed. */
    Optional<MigratedBy> migratedBy() {
        return Optional.ofNullable(opened).map(OpenDevice::migratedBy);
    }

    /** Tells whether the driver works, as it says itself; true while the device is closed. */
    boolean healthy() {
        OpenDevice open = opened;
        if (open == null) {
            return true;
        }
        Seat now = open.answers().seat();
        return now.worker().call("ask whether " + name + " works", now.limit(),
                () -> opened != open || open.answers().seat() != now || now.operations().healthy());
    }

    /** Returns what stands in the way of an exchange, besides calls. */
    Optional<String> standsInTheWay() {
        return Optional.ofNullable(opened).flatMap(OpenDevice::standsInTheWay);
    }

    void reset() {
        OpenDevice open = live("reset");
        open.refuseInAccess("reset ");
        Seat now = seat;
        now.worker().run("reset " + name, now.limit(), () -> {
            now.operations().reset();
            open.wasReset(); // in the same turn, so that no migration arc of before comes between
        });
    }

    void wasReset() {
        OpenDevice open = opened;
        if (open != null) {
            open.wasReset();
        }
    }

    void block(long regions, Duration patience) {
        OpenDevice open = opened;
        if (open != null) {
            open.regions().block(regions, patience);
        }
    }

    void admit(long regions) {
        OpenDevice open = opened;
        if (open != null) {
            open.regions().admit(regions);
        }
    }

    void unblock(long regions) {
        OpenDevice open = opened;
        if (open != null) {
            open.regions().unblock(regions);
        }
    }

    /**
     * Exchanges the driver, under the lock of the device's set. After an exception the driver of before has the device.
     *
     * @throws VfioException as {@link VfioDevice#exchange}
     */
    Exchanged exchange(Seat next, Supplier<OptionalInt> stateVersion, Runnable committed) {
        closeShut("exchange the driver of");
        OpenDevice open = opened;
        if (open == null) {
            committed.run();
            seat = next;
            return Exchanged.IDLE;
        }
        return new Succession(name, this, open, next, stateVersion.get(), null, committed, resumed).run();
    }

    /**
     * Exchanges the driver for that of before, under the lock of the device's set.
     *
     * @throws VfioException as {@link VfioDevice#takeBack}
     */
    Exchanged takeBack(Seat before, Supplier<OptionalInt> stateVersion, Runnable committed) {
        OpenDevice open = opened;
        if (open == null || open.isShut()) {
            return exchange(before, stateVersion, committed);
        }
        byte[] lasting = open.lasting();
        OptionalInt version;
        try {
            version = stateVersion.get();
        } catch (VfioException e) {
            if (lasting == null) {
                throw e;
            }
            version = OptionalInt.of(DriverState.decoded(lasting).version());
        }
        byte[] otherwise = version.equals(OptionalInt.of(0)) ? DriverState.none().encoded() : lasting;
        return new Succession(name, this, open, before, version, otherwise, committed, resumed).run();
    }

    /** Counts the calls of the open device that run the driver's code, or does not any more. */
    void count(boolean on) {
        OpenDevice open = opened;
        if (open != null) {
            open.gates().forEach(gate -> gate.count(on));
        }
    }

    /** Returns how many calls were counted; 0 while the device is closed. */
    long counted() {
        OpenDevice open = opened;
        return open == null ? 0 : open.gates().stream().mapToLong(Gate::counted).sum();
    }

    /** Forgets the state that the driver of before has given. */
    void forget() {
        OpenDevice open = opened;
        if (open != null) {
            open.forget();
        }
    }

    /**
     * Returns what the driver would hand over, which has the device afterwards as before; under the lock of the device's set.
     *
     * @throws VfioException as {@link VfioDevice#state}
     */
    DriverState state(int version) {
        String act = "get the driver's state of " + name + ": ";
        closeShut("get the driver's state of");
        OpenDevice open = opened;
        if (open == null) {
            throw new VfioException(Errno.ENODEV, act + "nobody has it open, so that its driver has no state to hand over; "
                    + "open it, and ask again");
        }
        HandOver handOver = new HandOver(act, name, open);
        handOver.prepare();
        Standstill standstill = new Standstill(act, open, resumed);
        return standstill.run(() -> {
            VfioException refusal = null;
            byte[] state = null;
            try {
                state = handOver.state(version, standstill.end());
            } catch (VfioException e) {
                refusal = e;
            }
            handOver.stay(standstill.longest());
            if (refusal != null) {
                throw refusal;
            }
            return DriverState.decoded(state);
        });
    }

    /**
     * Makes an exchange count where the device is still the open one.
     *
     * @param lasting the state that the driver of before has handed over, where it lasts; else null
     * @return false where the device was closed or cut off meanwhile: then nothing has changed
     * @throws VfioException what {@code committed} throws: then nothing has changed either
     */
    synchronized boolean commit(OpenDevice open, DriverAnswers answers, byte[] lasting, Runnable committed) {
        if (opened != open || open.isShut()) {
            return false;
        }
        committed.run();
        open.install(answers, lasting);
        seat = answers.seat();
        return true;
    }

    /** Has the driver ask the device's users to let go, on a new thread, since the driver may hang or throw. */
    void request(int count) {
        OpenDevice open = opened;
        if (open != null) {
            DaemonThread.start("vfio-request " + name, () -> open.request(count));
        }
    }

    /** Cuts users off from regions, without waiting. */
    void shut() {
        OpenDevice open = opened;
        if (open != null) {
            open.shut();
        }
    }

    /** Tells whether the calling thread is inside a call through the device. */
    boolean mine() {
        OpenDevice open = opened;
        return open != null && open.mine();
    }

    /**
     * Makes the close that was put off, where one was: a close from inside a call through the device waits for the call's
     * end.
     *
     * @throws VfioException EDEADLK where the calling thread is still inside such a call
     */
    void closeShut(String act) {
        OpenDevice open = opened;
        if (open != null && open.isShut()) {
            if (open.mine()) {
                throw OwnCalls.refused(act + " " + name, "it was closed, and its driver closes it after");
            }
            close(Deadline.LONGEST);
        }
    }

    /** Waits for the calls of other threads that are under way, as long as the driver's time limit at the most. */
    void awaitEmpty() {
        OpenDevice open = opened;
        if (open != null) {
            open.awaitEmpty(seat.limit());
        }
    }

    /** Closes the device, once for each open. An exception of the driver is logged, and the device is closed all the same. */
    void close(Duration patience) {
        OpenDevice closing = taken();
        if (closing == null) {
            return;
        }
        Deadline deadline = Deadline.in(patience);
        closing.shut();
        Seat last = closing.answers().seat();
        closing.awaitEmpty(patience.compareTo(last.limit()) < 0 ? patience : last.limit());
        try {
            last.worker().finish("close " + name, deadline.left(), last.limit(), closing::close);
        } catch (VfioException e) {
            closing.abandon();
            System.getLogger(DriverSide.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
        }
    }

    private synchronized OpenDevice taken() {
        OpenDevice taken = opened;
        opened = null;
        return taken;
    }
}
