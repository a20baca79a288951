// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;

/**
 * A device that users open, from its registration until it leaves. The driver's first open and last close run once,
 * whatever the number of handles and threads.
 *
 * <p>It leaves on one of two roads. {@link #leave} is the orderly one: new opens are refused, each user is asked, the
 * drain is bounded, what is still open is revoked. {@link #revoke} is the disorderly one, for a device or driver that is
 * gone already: everything is revoked at once, and calls in flight get at most {@link #DISORDERLY_LIMIT}.
 *
 * <p>Locks: the set's lock, inside which the driver's worker may be waited for; no lock of a registry is taken inside.
 */
public final class VfioDevice {
    /** SCR waits 5 s for a callback, so the disorderly road takes less. */
    public static final Duration DISORDERLY_LIMIT = Duration.ofSeconds(2);

    private final String name;
    private final DeviceSet.Registry sets;
    private final DeviceSet set;
    private final VfioOperations operations;
    private final DriverWorker worker;
    private final Duration limit;
    private final Runnable onIdle;
    private final Condition idle;
    private final Set<Handle> handles = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean inSet = new AtomicBoolean(true);
    private boolean driverOpen;
    private volatile boolean leaving;
    private volatile boolean gone;

    /**
     * Registers the device.
     *
     * @param key of the device set it joins
     * @param limit for each call of the driver
     * @param onIdle told after each last close of a device that stays, without a lock held
     */
    public VfioDevice(String name, DeviceSet.Registry sets, Object key, VfioOperations operations, DriverWorker worker,
            Duration limit, Runnable onIdle) {
        this.name = Objects.requireNonNull(name);
        this.sets = sets;
        this.operations = Objects.requireNonNull(operations);
        this.worker = worker;
        this.limit = limit;
        this.onIdle = onIdle;
        set = sets.join(key);
        idle = set.lock.newCondition();
    }

    public String name() {
        return name;
    }

    /** Whether anyone holds it open. */
    public boolean inUse() {
        return !handles.isEmpty();
    }

    /** Names of those who hold it open, one for each handle. */
    public List<String> users() {
        List<String> names = new ArrayList<>();
        handles.forEach(handle -> names.add(handle.user.name()));
        return names;
    }

    /**
     * Opens the device; the first open runs the driver's.
     *
     * @throws VfioException ENODEV where the device leaves or has left; else what the driver's open answered, with
     *     nothing left open
     */
    public DeviceHandle open(VfioUser user) {
        Handle handle = new Handle(Objects.requireNonNull(user));
        set.lock.lock();
        try {
            refuseIfLeaving();
            if (!driverOpen) {
                worker.run("open " + name, limit, operations::openDevice);
                driverOpen = true;
            }
            handles.add(handle);
            if (gone) { // revoked while the driver opened: whoever revoked could not get the lock
                dropHandles();
                closeDriver(DISORDERLY_LIMIT);
                refuseIfLeaving();
            }
            return handle;
        } finally {
            set.lock.unlock();
        }
    }

    private void refuseIfLeaving() {
        if (leaving || gone) {
            throw new VfioException(Errno.ENODEV, "open " + name + ": its driver is leaving it; bind it again first");
        }
    }

    /**
     * Begins the orderly road without waiting, so that many devices can be drained at once: new opens are refused and
     * each user is asked, once.
     *
     * @return names of the users asked
     */
    public List<String> askUsers() {
        List<Handle> asked;
        synchronized (handles) {
            asked = leaving ? List.of() : List.copyOf(handles);
            leaving = true;
        }
        if (!asked.isEmpty()) {
            Thread asking = new Thread(() -> asked.forEach(Handle::request), "vfio-request " + name);
            asking.setDaemon(true);
            asking.start();
        }
        return asked.stream().map(handle -> handle.user.name()).toList();
    }

    /**
     * The orderly road. When this returns the device is gone, whether its users let go or not.
     *
     * @param drain how long users have to close
     * @return names of the users that had to be revoked
     */
    public List<String> leave(Duration drain) {
        askUsers();
        set.lock.lock();
        try {
            awaitIdle(drain);
            List<String> revoked = users();
            gone = true;
            dropHandles();
            closeDriver(limit);
            return revoked;
        } finally {
            set.lock.unlock();
            leaveSet();
        }
    }

    /**
     * Leaves at once where nobody holds the device open; an open and this cannot both succeed.
     *
     * @return false where someone does: nothing has changed
     */
    public boolean leaveIfIdle() {
        set.lock.lock();
        try {
            if (inUse()) {
                return false;
            }
            leaving = true;
            gone = true;
        } finally {
            set.lock.unlock();
        }
        leaveSet();
        return true;
    }

    private void awaitIdle(Duration drain) {
        long left = drain.toNanos();
        try {
            while (!handles.isEmpty() && left > 0) {
                left = idle.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the caller is in a hurry: revoke now
        }
    }

    /** The disorderly road. When this returns every handle is stale. */
    public void revoke() {
        leaving = true;
        gone = true;
        dropHandles();
        try {
            if (set.lock.tryLock(DISORDERLY_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    closeDriver(DISORDERLY_LIMIT);
                } finally {
                    set.lock.unlock();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            leaveSet();
        }
    }

    private void leaveSet() {
        if (inSet.getAndSet(false)) {
            sets.leave(set);
        }
    }

    private void dropHandles() {
        handles.forEach(Handle::makeStale);
        handles.clear();
    }

    /** With the set's lock held. What the driver throws is its own loss: the device is closed all the same. */
    private void closeDriver(Duration within) {
        if (!driverOpen) {
            return;
        }
        driverOpen = false;
        try {
            worker.run("close " + name, within, operations::closeDevice);
        } catch (VfioException e) {
            System.getLogger(VfioDevice.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
        }
    }

    private void close(Handle handle) {
        boolean last;
        set.lock.lock();
        try {
            if (!handles.remove(handle)) {
                return;
            }
            handle.makeStale();
            last = handles.isEmpty();
            if (last) {
                closeDriver(limit);
                idle.signalAll();
            }
        } finally {
            set.lock.unlock();
        }
        if (last && !leaving) {
            onIdle.run();
        }
    }

    private final class Handle implements DeviceHandle {
        private final VfioUser user;
        private final Set<Mapping> mappings = ConcurrentHashMap.newKeySet();
        private volatile boolean stale;

        private Handle(VfioUser user) {
            this.user = user;
        }

        @Override
        public String deviceName() {
            return name;
        }

        @Override
        public VfioUser user() {
            return user;
        }

        @Override
        public boolean isOpen() {
            return !stale;
        }

        @Override
        public Mapping map(int region) {
            refuseIfStale(region);
            Mapping mapping = new Mapping(worker.call("map region " + region + " of " + name, limit,
                    () -> operations.regionMemory(region)));
            mappings.add(mapping);
            if (stale) { // revoked meanwhile: the revoker may have missed this one
                mapping.revoke();
                refuseIfStale(region);
            }
            return mapping;
        }

        private void refuseIfStale(int region) {
            if (stale) {
                throw new VfioException(Errno.ENODEV,
                        "map region " + region + " of " + name + ": the handle was closed or revoked");
            }
        }

        @Override
        public void close() {
            VfioDevice.this.close(this);
        }

        private void request() {
            try {
                user.requested(this);
            } catch (RuntimeException e) {
                System.getLogger(VfioDevice.class.getName()).log(System.Logger.Level.WARNING,
                        "request " + name + " from " + user.name(), e);
            }
        }

        private void makeStale() {
            stale = true;
            mappings.forEach(Mapping::revoke);
            mappings.clear();
        }
    }
}
