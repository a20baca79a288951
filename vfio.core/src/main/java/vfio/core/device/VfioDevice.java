// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.thread.DaemonThread;
import vfio.core.thread.Deadline;

/**
 * A device that users open, from its registration until it leaves. The driver's first open and last close run once,
 * whatever the number of handles and threads.
 *
 * <p>A device leaves on one of two roads. {@link #leave} is the orderly one: new opens are refused, each user is asked, the
 * drain is bounded, and handles that are still open are revoked. {@link #revoke} is the disorderly one, for a device or
 * driver that is gone already: all handles are revoked at once, and calls in flight get at most {@link #DISORDERLY_LIMIT}.
 *
 * <p>A user's code may run inside a call through the device: the listener of an interrupt that an access raised. No request
 * of such code waits for the call around it: a last close is made when the call has ended, as the kernel's release comes with
 * the last reference; a request that cannot be put off is refused with EDEADLK.
 *
 * <p>Locks: the set's lock, inside which the driver's worker may be waited for; no lock of a registry is taken inside.
 */
public final class VfioDevice {
    /** The limit of the disorderly road: SCR waits 5 s for a callback, so the road takes less. */
    public static final Duration DISORDERLY_LIMIT = Duration.ofSeconds(2);

    /** The nanoseconds after which users are asked again (vfio_unregister_group_dev). */
    private static final long REQUEST_INTERVAL = TimeUnit.SECONDS.toNanos(10);

    private final String name;
    private final Membership member;
    private final DriverSide driver;
    private final Runnable onIdle;
    private final Condition idle;
    private final Handles handles;
    private volatile boolean gone;

    /**
     * Registers the device.
     *
     * @param key the key of the device set that the device joins
     * @param limit the time limit of each call of the driver
     * @param onIdle called after each last close of a device that stays, without a lock held
     */
    public VfioDevice(String name, DeviceSet.Registry sets, Object key, VfioOperations operations, DriverWorker worker,
            Duration limit, Runnable onIdle) {
        this.name = Objects.requireNonNull(name);
        handles = new Handles(name);
        driver = new DriverSide(name, new Seat(operations, worker, limit), this::resumed);
        this.onIdle = onIdle;
        member = new Membership(sets, key, () -> driver.seat().worker().isCurrent());
        idle = member.newCondition();
    }

    public String name() {
        return name;
    }

    /** Tells whether a user holds the device open. */
    public boolean inUse() {
        return !handles.isEmpty();
    }

    /**
     * Tells whether the driver works, as it says itself; true for a device that nobody has open.
     *
     * @throws VfioException what the driver answered
     */
    public boolean healthy() {
        return driver.healthy();
    }

    /**
     * Counts the calls of users that run the driver's code from now on, until the last close, or does not any more. A call
     * takes longer while it is counted.
     */
    public void count(boolean on) {
        driver.count(on);
    }

    /** Returns how many calls were counted since the first open. */
    public long counted() {
        return driver.counted();
    }

    /** Tells whether the device was taken from its users for good. */
    public boolean gone() {
        return gone;
    }

    /** Returns what stands in the way of an exchange of the driver now, besides calls; empty where nothing does. */
    public Optional<String> standsInTheWay() {
        return driver.standsInTheWay();
    }

    /** Returns the names of the users who hold the device open, one for each handle. */
    public List<String> users() {
        return handles.names();
    }

    /** Returns which side migrates the device; empty while nobody holds the device open. */
    public Optional<MigratedBy> migratedBy() {
        return driver.migratedBy();
    }

    /** Tells whether all users who hold the device open, if any, are users of the given handles. */
    public boolean heldOnlyBy(Collection<? extends DeviceHandle> own) {
        return handles.heldOnlyBy(own);
    }

    /**
     * Opens the device; the first open runs the driver's.
     *
     * @throws VfioException ENODEV where the device leaves or has left; else the refusal of the driver's open, with nothing
     *     left open
     */
    public DeviceHandle open(VfioUser user) {
        return open(user, Optional.empty());
    }

    /**
     * Opens the device with a VF token, as of {@link VfioOperations#openDevice(Optional)}.
     *
     * @throws VfioException as {@link #open(VfioUser)}; the driver's refusal of the token
     */
    public DeviceHandle open(VfioUser user, Optional<UUID> vfToken) {
        return open(user, vfToken, false);
    }

    /**
     * Opens the device for one user alone, as the kernel's character device of a VFIO device is opened.
     *
     * @throws VfioException EINVAL where the device is open directly; EBUSY where it is open otherwise; else as {@link #open}
     */
    public DeviceHandle openDirect(VfioUser user, Optional<UUID> vfToken) {
        return open(user, vfToken, true);
    }

    /** Opens the device as {@link #openDirect(VfioUser, Optional)} does, without a VF token. */
    public DeviceHandle openDirect(VfioUser user) {
        return openDirect(user, Optional.empty());
    }

    private DeviceHandle open(VfioUser user, Optional<UUID> vfToken, boolean alone) {
        OpenHandle handle = new OpenHandle(this, Objects.requireNonNull(user));
        member.lockFor("open " + name, handle.waits());
        try {
            handles.check(alone);
            driver.open(vfToken); // before the handle is added: a revoke that finds the handle finds the driver open
            if (!handles.admit(handle, alone ? user : null)) { // the device began to leave while the driver opened
                if (handles.isEmpty()) {
                    driver.close(gone ? DISORDERLY_LIMIT : Deadline.LONGEST);
                }
                handles.check(alone);
            }
            return handle;
        } finally {
            member.unlock();
        }
    }

    /** Tells whether the device is open for one user alone. */
    public boolean direct() {
        return directUser() != null;
    }

    /** Returns the user who has the device open alone, or null. */
    public VfioUser directUser() {
        return handles.alone();
    }

    /**
     * Keeps users out of regions until {@link #unblock}: mappings read all ones, accesses answer EIO. The method returns when
     * nobody is inside any more; a driver's call that does not end is left behind after {@link #DISORDERLY_LIMIT}.
     *
     * @param regions a bit for each region, of the first 64
     */
    public void block(long regions) {
        driver.block(regions, DISORDERLY_LIMIT);
    }

    /** Ends {@link #block} for accesses by a region's own methods; mappings stay blocked until {@link #unblock}. */
    public void admit(long regions) {
        driver.admit(regions);
    }

    public void unblock(long regions) {
        driver.unblock(regions);
    }

    /** Returns the set whose members are opened, closed and reset one at a time. */
    public DeviceSet set() {
        return member.set();
    }

    /**
     * Refuses an act that would wait for the calling thread itself.
     *
     * @throws VfioException EDEADLK where the calling thread is inside a call through the device, or inside a call through
     *     any device, or is the driver's worker, while another thread has the lock of the set
     */
    public void refuseInside(String act) {
        if (driver.mine()) {
            throw OwnCalls.refused(act + " " + name, "it would await");
        }
        member.refuseWhereOthersLock(act + " " + name);
    }

    /**
     * Runs an act while no other thread opens, closes or resets a member of the set.
     *
     * @throws VfioException EDEADLK where the wait for the lock would be a wait for a call of this thread
     */
    public void exclusively(Runnable act) {
        exclusively(true, act);
    }

    /**
     * Runs an act as {@link #exclusively(Runnable)}, for a user who may not wait.
     *
     * @param waits as {@link VfioUser#waits}
     * @throws VfioException EDEADLK as there; EAGAIN, of kind HELD, for a user who does not wait, while a driver is exchanged
     */
    public void exclusively(boolean waits, Runnable act) {
        member.lockFor("use the set of " + name, waits);
        try {
            act.run();
        } finally {
            member.unlock();
        }
    }

    /**
     * Exchanges the driver behind the device. The device stays open: handles, regions, mappings and interrupts go on, and
     * calls that would run the driver's code wait for the moment of the change. After an exception the driver of before has
     * the device, as if nothing had been tried.
     *
     * @param next the next driver, probed already
     * @param stateVersion asked where the device is open, and throws where no way leads over then: the version of the state
     *     that is handed over; empty for drivers without a state, none of whose methods is called then; 0 where the next
     *     driver only adds its own parts anew
     * @param committed called when nobody is inside the driver any more, just before the exchange counts: it may refuse, or
     *     has the exchange count; assignments only, no driver's code, no lock
     * @throws VfioException EBUSY where calls under way, a migration or a dirty log stand in the way now; EINVAL where the
     *     next driver answers another fact than the device's users rely on; ENODEV where the device leaves or was closed
     *     meanwhile; EDEADLK as {@link #refuseInside}; else what one of the drivers answered
     */
    public Exchanged exchange(Seat next, Supplier<OptionalInt> stateVersion, Runnable committed) {
        return still("exchange the driver of", () -> driver.exchange(next, stateVersion, committed));
    }

    /**
     * Exchanges the driver for that of before, also where the driver that has the device is broken: one that hands over
     * nothing is done without where the driver of before gave a lasting state, or none is needed.
     *
     * @param before the driver of before, probed anew
     * @param stateVersion as of {@link #exchange}; a lasting state does where it throws
     * @param committed as of {@link #exchange}
     * @throws VfioException as {@link #exchange}, with the driver that has the device as it was; of kind NOT_HANDED_OVER
     *     where that driver hands over nothing, and nothing else does
     */
    public Exchanged takeBack(Seat before, Supplier<OptionalInt> stateVersion, Runnable committed) {
        return still("exchange the driver of", () -> driver.takeBack(before, stateVersion, committed));
    }

    /** Forgets the state that the driver of before has given: {@link #takeBack} does not need it any more. */
    public void forgetState() {
        driver.forget();
    }

    /**
     * Returns the state that the driver would hand over now; the driver then stays. Calls that would run the driver's code
     * wait meanwhile, as in an exchange.
     *
     * @param version the version of the state, one of those that the driver writes
     * @throws VfioException ENODEV where nobody has the device open, or the device leaves; else as {@link #exchange}
     */
    public DriverState state(int version) {
        return still("get the driver's state of", () -> driver.state(version));
    }

    /** Runs what has the driver hand over, under the set's lock; a driver that does not come back loses the device. */
    private <T> T still(String what, Supplier<T> act) {
        refuseInside(what);
        member.lockFor(what + " " + name);
        member.set().lock.exchanging(true);
        try {
            if (handles.leaving() || gone) {
                throw new VfioException(VfioException.Kind.LEFT, Errno.ENODEV, what + " " + name + ": the device leaves");
            }
            return act.get();
        } catch (VfioException e) {
            if (e.kind() == VfioException.Kind.STUCK) {
                cutOff();
            }
            throw e;
        } finally {
            member.set().lock.exchanging(false);
            member.unlock();
            resumed();
        }
    }

    /** Resets the device for a user, under the lock of its set. */
    void reset(boolean waits) {
        exclusively(waits, driver::reset);
    }

    /** Tells whether a driver of the set is being exchanged; {@code resumed} is called then when calls may go on. */
    boolean held(Runnable resumed) {
        return member.set().held(resumed);
    }

    private void resumed() {
        member.set().resumed();
    }

    /**
     * Takes note that the device was reset otherwise than by {@code VFIO_DEVICE_RESET}: by a register, or with other devices.
     * Never waits.
     */
    public void wasReset() {
        driver.wasReset();
    }

    /**
     * Returns the open device.
     *
     * @throws VfioException ENODEV where the device is closed
     */
    OpenDevice live(String act) {
        return driver.live(act);
    }

    /**
     * Begins the orderly road without waiting, so that many devices can be drained at once: new opens are refused and
     * each user is asked, once.
     *
     * @return the names of the users asked
     */
    public List<String> askUsers() {
        List<OpenHandle> asked = handles.beginLeaving();
        asked.forEach(OpenHandle::request);
        if (!asked.isEmpty()) {
            driver.request(0);
        }
        return asked.stream().map(OpenHandle::userName).toList();
    }

    /**
     * Takes the orderly road. When the method returns the device is gone, whether its users let go or not.
     *
     * @param drain how long users have to close
     * @return the names of the users whose handles had to be revoked
     * @throws VfioException EDEADLK as {@link #refuseInside}, with nothing changed
     */
    public List<String> leave(Duration drain) {
        refuseInside("unbind");
        askUsers();
        member.lock();
        try {
            awaitIdle(drain);
            List<String> revoked = users();
            cutOff();
            driver.close(Deadline.LONGEST);
            return revoked;
        } finally {
            member.unlock();
            member.leave();
        }
    }

    /**
     * Leaves at once where nobody holds the device open; of an open and such a leave at the same time only one succeeds.
     *
     * @return false where a user holds the device open, and nothing has changed
     * @throws VfioException EDEADLK where the wait for the lock would be a wait for a call of this thread
     */
    public boolean leaveIfIdle() {
        member.lockFor("unbind " + name);
        try {
            if (inUse()) {
                return false;
            }
            driver.closeShut("unbind");
            handles.beginLeaving();
            gone = true;
        } finally {
            member.unlock();
        }
        member.leave();
        return true;
    }

    private void awaitIdle(Duration drain) {
        long left = Deadline.bounded(drain).toNanos();
        long ask = REQUEST_INTERVAL;
        try {
            for (int count = 1; !handles.isEmpty() && left > 0;) {
                long step = Math.min(left, ask);
                long slept = step - idle.awaitNanos(step);
                left -= slept;
                ask -= slept;
                if (ask <= 0 && left > 0) {
                    driver.request(count++);
                    ask = REQUEST_INTERVAL;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the caller is in a hurry: revoke now
        }
    }

    /** Takes the disorderly road. When the method returns every handle is stale and the driver's close is made or queued. */
    public void revoke() {
        revoke(DISORDERLY_LIMIT);
    }

    /**
     * Revokes as {@link #revoke()} does, and waits {@code within} at most, for other members of the set and the driver
     * together.
     */
    public void revoke(Duration within) {
        Deadline deadline = Deadline.in(within);
        cutOff();
        boolean locked = member.lockBefore(deadline);
        try {
            if (locked) {
                idle.signalAll(); // a drain under way has nobody left to wait for
            }
            driver.close(deadline.left()); // without the lock too: the holder may be stuck
        } finally {
            if (locked) {
                member.unlock();
            }
            member.leave();
        }
    }

    /** Makes every handle stale and refuses new ones, without waiting; {@link #revoke} then ends the device. */
    public void cutOff() {
        gone = true;
        List<OpenHandle> stale = handles.cutOff();
        driver.shut();
        stale.forEach(OpenHandle::tellGone);
    }

    void close(OpenHandle handle) {
        if (!member.lockOutside(handle.waits())) {
            handle.makeStale();
            handle.tellGone();
            onOtherThread(() -> {
                member.lock();
                closeLocked(handle);
            });
            return;
        }
        closeLocked(handle);
    }

    private void closeLocked(OpenHandle handle) {
        boolean closed = false;
        try {
            if (handles.remove(handle)) {
                handle.makeStale();
                closed = handles.isEmpty() && closeDriver();
            }
        } finally {
            member.unlock();
        }
        handle.tellGone();
        if (closed && !handles.leaving()) {
            onIdle.run();
        }
    }

    /**
     * Closes the driver's side.
     *
     * @return false where the close is put off until the calling thread's own calls have ended
     */
    private boolean closeDriver() {
        idle.signalAll();
        driver.shut();
        if (driver.mine()) {
            onOtherThread(this::closeShut);
            return false;
        }
        driver.close(Deadline.LONGEST);
        return true;
    }

    private void closeShut() {
        driver.awaitEmpty();
        member.lock();
        try {
            driver.closeShut("close");
        } finally {
            member.unlock();
        }
        if (!inUse() && !handles.leaving()) {
            onIdle.run();
        }
    }

    private void onOtherThread(Runnable act) {
        DaemonThread.start("vfio-close " + name, act);
    }
}
