// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;

/** Opens, closes and leavings of devices that begin at the same moment, over and over. */
class LifeCycleStressTest {
    private static final int THREADS = 4;
    private static final int ROUNDS = 500;
    private static final Duration LONG = Duration.ofMinutes(1);

    private final DeviceSet.Registry sets = new DeviceSet.Registry();
    private final List<DriverWorker> workers = new ArrayList<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final TestDriver driver = new TestDriver();
    private final DriverWorker worker = worker();

    private DriverWorker worker() {
        DriverWorker made = new DriverWorker("acme", fault -> { });
        workers.add(made);
        return made;
    }

    private VfioDevice device() {
        return device("0000:01:00.0", driver, worker);
    }

    private VfioDevice device(String name, VfioOperations operations, DriverWorker on) {
        return new VfioDevice(name, sets, "slot", operations, on, LONG, () -> { });
    }

    @AfterEach
    void nothingIsLeft() {
        threads.shutdownNow();
        workers.forEach(DriverWorker::close);
        assertEquals(0, sets.size());
    }

    /** Runs acts at once and answers what they answered. */
    @SafeVarargs
    private <T> List<T> together(Callable<T>... acts) throws Exception {
        CyclicBarrier start = new CyclicBarrier(acts.length);
        List<Future<T>> running = new ArrayList<>();
        for (Callable<T> act : acts) {
            running.add(threads.submit(() -> {
                start.await();
                return act.call();
            }));
        }
        List<T> answers = new ArrayList<>();
        for (Future<T> one : running) {
            answers.add(one.get());
        }
        return answers;
    }

    /** The handle, or null where the errno is one of those expected. */
    private static DeviceHandle tryOpen(VfioDevice device, boolean direct, Errno... expected) {
        VfioUser user = VfioUser.named("user");
        try {
            return direct ? device.openDirect(user) : device.open(user);
        } catch (VfioException e) {
            assertTrue(List.of(expected).contains(e.errno()), e.getMessage());
            return null;
        }
    }

    private static Callable<DeviceHandle> opening(VfioDevice device, boolean direct, Errno... expected) {
        return () -> tryOpen(device, direct, expected);
    }

    private static Callable<DeviceHandle> closing(DeviceHandle handle) {
        return () -> {
            handle.close();
            handle.close();
            return null;
        };
    }

    @Test
    void firstOpenAndLastCloseRunOnceHoweverManyThreads() throws Exception {
        VfioDevice device = device();
        for (int n = 1; n <= ROUNDS; n++) {
            List<DeviceHandle> handles = together(opening(device, false), opening(device, false), opening(device, false),
                    opening(device, false));
            assertEquals(n, driver.opens.get());
            assertEquals(n - 1, driver.closes.get());
            assertTrue(handles.stream().allMatch(DeviceHandle::isOpen));
            together(closing(handles.get(0)), closing(handles.get(1)), closing(handles.get(2)), closing(handles.get(3)));
            assertEquals(n, driver.closes.get());
            assertFalse(device.inUse());
        }
        device.revoke();
    }

    @Test
    void firstOpenThatFailsLeavesTheNextThreadAFreshOne() throws Exception {
        AtomicInteger refused = new AtomicInteger();
        driver.onOpen = () -> {
            if (driver.opens.get() % 2 == 1) {
                refused.incrementAndGet();
                throw new VfioException(Errno.ENOMEM, "no memory for the queues");
            }
        };
        VfioDevice device = device();
        for (int n = 0; n < ROUNDS; n++) {
            List<DeviceHandle> handles = together(opening(device, false, Errno.ENOMEM), opening(device, false, Errno.ENOMEM),
                    opening(device, false, Errno.ENOMEM));
            assertEquals(driver.opens.get() - refused.get(), driver.closes.get() + (device.inUse() ? 1 : 0));
            for (DeviceHandle handle : handles) {
                if (handle != null) {
                    assertEquals(0, handle.map(0).read32(0));
                    handle.close();
                }
            }
            assertFalse(device.inUse());
            assertEquals(driver.opens.get() - refused.get(), driver.closes.get());
        }
        assertTrue(refused.get() > 0);
        device.revoke();
    }

    /** Who opens while the device goes has a handle that is stale, or none. */
    private void openAgainst(Callable<Void> leaving, VfioDevice device) throws Exception {
        Callable<DeviceHandle> opener = opening(device, false, Errno.ENODEV);
        List<DeviceHandle> answers = together(opener, opener, () -> {
            leaving.call();
            return null;
        });
        for (DeviceHandle handle : answers) {
            assertFalse(handle != null && handle.isOpen());
        }
        assertFalse(device.inUse());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> device.open(VfioUser.named("late"))).errno());
        assertEquals(0, sets.size());
    }

    @Test
    void openAgainstLeaveAndRevokeLeavesNothingOpen() throws Exception {
        for (int n = 0; n < ROUNDS; n++) {
            VfioDevice device = device();
            boolean orderly = n % 2 == 0;
            openAgainst(() -> {
                if (orderly) {
                    device.leave(Duration.ZERO);
                } else {
                    device.revoke();
                }
                return null;
            }, device);
        }
        assertEquals(driver.opens.get(), driver.closes.get());
    }

    @Test
    void leavingTwiceOnDifferentRoadsEndsOnce() throws Exception {
        for (int n = 0; n < ROUNDS; n++) {
            VfioDevice device = device();
            device.open(VfioUser.named("deaf"));
            VfioDevice other = device("0000:01:00.1", new TestDriver(), worker);
            together(() -> device.leave(LONG), () -> {
                device.revoke();
                return null;
            }, () -> device.leaveIfIdle());
            assertEquals(n + 1, driver.closes.get());
            assertEquals(1, sets.size(), "the neighbour keeps the set");
            assertTrue(other.leaveIfIdle());
            assertEquals(0, sets.size());
        }
    }

    @Test
    void groupAndDirectPathExcludeEachOther() throws Exception {
        VfioDevice device = device();
        for (int n = 0; n < ROUNDS; n++) {
            List<DeviceHandle> handles = together(opening(device, true, Errno.EINVAL, Errno.EBUSY),
                    opening(device, true, Errno.EINVAL, Errno.EBUSY), opening(device, false, Errno.EBUSY),
                    opening(device, false, Errno.EBUSY));
            long direct = handles.subList(0, 2).stream().filter(handle -> handle != null).count();
            long group = handles.subList(2, 4).stream().filter(handle -> handle != null).count();
            assertTrue(direct == 1 && group == 0 || direct == 0 && group == 2,
                    direct + " direct, " + group + " of the group");
            assertEquals(direct == 1, device.direct());
            handles.stream().filter(handle -> handle != null).forEach(DeviceHandle::close);
            assertFalse(device.direct());
        }
        assertEquals(driver.opens.get(), driver.closes.get());
        device.revoke();
    }

    @Test
    void directPathRefusesASecondUserAndTheGroup() {
        VfioDevice device = device();
        DeviceHandle direct = device.openDirect(VfioUser.named("alone"));
        assertEquals(Errno.EINVAL, errno(() -> device.openDirect(VfioUser.named("b"))));
        assertEquals(Errno.EBUSY, errno(() -> device.open(VfioUser.named("c"))));
        direct.close();
        DeviceHandle group = device.open(VfioUser.named("c"));
        assertEquals(Errno.EBUSY, errno(() -> device.openDirect(VfioUser.named("alone"))));
        assertNotNull(device.open(VfioUser.named("d")));
        assertNull(device.directUser());
        group.close();
        device.revoke();
        assertEquals(Errno.ENODEV, errno(() -> device.openDirect(VfioUser.named("late"))));
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    /** A driver that notices another member of its set in an open, close or reset. */
    private static final class Exclusive extends VfioOperations {
        private final AtomicInteger inside;
        private final AtomicInteger opens = new AtomicInteger();
        private final AtomicInteger closes = new AtomicInteger();
        private final AtomicInteger resets = new AtomicInteger();

        Exclusive(AtomicInteger inside) {
            this.inside = inside;
        }

        private void alone(AtomicInteger count) {
            boolean alone = inside.incrementAndGet() == 1;
            Thread.yield();
            inside.decrementAndGet();
            if (alone) {
                count.incrementAndGet();
            }
        }

        @Override
        public void openDevice() {
            alone(opens);
        }

        @Override
        public void closeDevice() {
            alone(closes);
        }

        @Override
        public void reset() {
            alone(resets);
        }
    }

    /** Different drivers on workers of their own; the one lock of the set keeps them apart. */
    @Test
    void membersOfASetAreOpenedClosedAndResetOneAtATime() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        List<Exclusive> drivers = new ArrayList<>();
        List<VfioDevice> devices = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            drivers.add(new Exclusive(inside));
            devices.add(device("0000:01:00." + i, drivers.get(i), worker()));
        }
        assertEquals(1, sets.size());
        together(using(devices.get(0)), using(devices.get(1)), using(devices.get(2)), using(devices.get(3)));
        for (Exclusive each : drivers) {
            assertEquals(List.of(ROUNDS, ROUNDS, ROUNDS), List.of(each.opens.get(), each.closes.get(), each.resets.get()));
        }
        devices.forEach(VfioDevice::revoke);
    }

    private static Callable<Void> using(VfioDevice device) {
        return () -> {
            for (int n = 0; n < ROUNDS; n++) {
                DeviceHandle handle = device.open(VfioUser.named("user"));
                handle.reset();
                handle.close();
            }
            return null;
        };
    }
}
