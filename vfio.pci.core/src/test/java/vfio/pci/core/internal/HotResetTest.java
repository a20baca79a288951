// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DeviceSet;
import vfio.core.device.Mapping;
import vfio.core.device.Region;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioDevice;
import vfio.core.device.VfioOperations;
import vfio.core.device.VfioUser;
import vfio.core.driver.DriverWorker;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.fake.HardwareImage;
import vfio.pci.core.id.HotResetInfo;

/** All functions of a bus are reset together, or none. */
class HotResetTest {
    private static final String FIRST = "0000:01:00.0";
    private static final String SECOND = "0000:01:00.1";
    private static final String BEHIND = "0000:02:00.0";
    private static final VfioUser USER = VfioUser.named("qemu");
    private static final int CONFIG = 7;
    private static final int COMMAND = 4;

    private final TestCore core = new TestCore();
    private final SharedBus bus = new SharedBus(core);
    private FakeFunction first;
    private FakeFunction second;
    private FakeDriver gen;
    private FakeDriver vendor;

    @BeforeEach
    void bind() {
        first = bus.plug(FIRST, 1);
        second = bus.plug(SECOND, 2);
        gen = core.arrives(FakeDriver.flagged("gen", "*:*"));
        vendor = core.arrives(FakeDriver.flagged("vendor", "1:2"));
        core.admin.bind(FIRST, "gen", false);
        core.admin.bind(SECOND, "vendor", false);
    }

    @AfterEach
    void end() {
        core.close();
    }

    /** The second is in the group of the first, in place of its own. */
    private void shareGroup() {
        core.bus.unplug(second);
        second = bus.plug(SECOND, 1);
        core.admin.bind(SECOND, "vendor", false);
    }

    private DeviceHandle open(String name) {
        return core.programs.open(name, USER);
    }

    private Errno refused(DeviceHandle handle, DeviceHandle... owned) {
        return TestCore.errno(() -> core.programs.hotReset(handle, List.of(owned)));
    }

    private void hotReset(DeviceHandle handle, DeviceHandle... owned) {
        core.programs.hotReset(handle, List.of(owned));
    }

    @Test
    @Tag("C7-13")
    void infoListsEveryFunctionOfTheBusAndThoseBehindItsBridges() {
        FakeFunction bridge = bus.plug("0000:01:01.0", 3);
        bridge.headerType = 1;
        ((HardwareImage) bridge.config).u32(0x18, 0x00020201);
        bus.plug(BEHIND, 4);
        bus.plug("0000:03:00.0", 5);
        DeviceHandle handle = open(FIRST);
        HotResetInfo info = core.programs.hotResetInfo(handle);
        assertEquals(List.of(FIRST, SECOND, "0000:01:01.0", BEHIND),
                info.dependents().stream().map(d -> d.address().toString()).toList());
        assertEquals(List.of(1, 2, 3, 4), info.dependents().stream().map(HotResetInfo.Dependent::id).toList());
        assertEquals(0, info.flags());
        assertEquals("vendor", info.dependents().get(1).driver());
        assertEquals(List.of("qemu"), info.dependents().get(0).users());
        assertEquals(List.of(), info.dependents().get(1).users());
    }

    @Test
    @Tag("C7-11")
    @Tag("C7-22")
    void busThatCannotBeResetIsEnodev() {
        DeviceHandle handle = open(FIRST);
        bus.resettable = false;
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.programs.hotResetInfo(handle)));
        assertEquals(Errno.ENODEV, refused(handle, handle));
    }

    @Test
    @Tag("C7-15")
    void functionWithoutAGroupIsEperm() {
        second.group = OptionalInt.empty();
        DeviceHandle handle = open(FIRST);
        assertEquals(Errno.EPERM, TestCore.errno(() -> core.programs.hotResetInfo(handle)));
    }

    @Test
    @Tag("C7-23")
    @Tag("C7-25")
    void groupsAreNamedAndNoMoreThanFunctions() {
        DeviceHandle handle = open(FIRST);
        assertEquals(Errno.EINVAL, refused(handle));
        assertEquals(Errno.EINVAL, refused(handle, handle, open(FIRST), open(SECOND)));
        assertEquals(0, bus.resets.get());
    }

    @Test
    @Tag("C7-26")
    void closedHandleIsEbadf() {
        DeviceHandle handle = open(FIRST);
        DeviceHandle other = open(SECOND);
        other.close();
        assertEquals(Errno.EBADF, refused(handle, handle, other));
    }

    @Test
    @Tag("C7-27")
    void handleOfAnotherKindOfDeviceIsEinval() {
        DriverWorker worker = new DriverWorker("counter", fault -> { });
        VfioDevice counter = new VfioDevice("counter0", new DeviceSet.Registry(), "counter0", new VfioOperations() { },
                worker, Duration.ofMinutes(1), () -> { });
        DeviceHandle handle = open(FIRST);
        assertEquals(Errno.EINVAL, refused(handle, handle, counter.open(USER)));
        counter.revoke();
        worker.close();
    }

    @Test
    @Tag("C7-28")
    void functionThatIsNoVfioDeviceIsEinval() {
        DeviceHandle handle = open(FIRST);
        DeviceHandle other = open(SECOND);
        other.close();
        core.admin.unbind(SECOND);
        assertEquals(Errno.EINVAL, refused(handle, handle));
        core.arrives(FakeDriver.flagged("owner", "1:2").owner());
        core.admin.bind(SECOND, "owner", false);
        assertEquals(Errno.EINVAL, refused(handle, handle));
        assertEquals(0, bus.resets.get());
    }

    @Test
    @Tag("C7-29")
    @Tag("C7-30")
    void functionOfAGroupThatIsNotGivenIsEinvalOpenOrNot() {
        DeviceHandle handle = open(FIRST);
        assertEquals(Errno.EINVAL, refused(handle, handle));
        DeviceHandle other = core.programs.open(SECOND, VfioUser.named("another"));
        assertEquals(Errno.EINVAL, refused(handle, handle));
        other.close();
        int before = bus.resets.get();
        shareGroup();
        hotReset(handle, handle);
        assertEquals(before + 1, bus.resets.get(), "its group is given, though nobody has it open");
    }

    @Test
    @Tag("C7-24")
    @Tag("C7-31")
    void directUserOwnsWhatItHasOpenItself() {
        DeviceHandle direct = core.programs.openDirect(FIRST, USER);
        assertEquals(Errno.EINVAL, refused(direct, direct));
        assertEquals(Errno.EINVAL, refused(direct), "the second is nobody's");
        DeviceHandle another = core.programs.openDirect(SECOND, VfioUser.named("another"));
        assertEquals(Errno.EINVAL, refused(direct));
        another.close();
        int before = bus.resets.get();
        DeviceHandle own = core.programs.openDirect(SECOND, USER);
        hotReset(direct);
        assertEquals(before + 1, bus.resets.get());
        own.close();
    }

    @Test
    @Tag("C7-33")
    void functionsOfDifferentDriversAreResetTogetherAndRestored() {
        DeviceHandle a = open(FIRST);
        DeviceHandle b = open(SECOND);
        Mapping one = a.map(0);
        Mapping two = b.map(0);
        one.write32(0, 0x1111);
        two.write32(0, 0x2222);
        AtomicInteger cut = new AtomicInteger();
        bus.onReset = () -> cut.set(one.read32(0) & two.read32(0));
        hotReset(a, a, b);
        assertEquals(-1, cut.get(), "users are out while the bus is reset");
        assertEquals(1, bus.resets.get());
        assertEquals(List.of(0x1111, 0x2222), List.of(one.read32(0), two.read32(0)));
        for (FakeFunction function : List.of(first, second)) {
            assertEquals(SharedBus.BASE, function.config.read(0x10, 4));
            assertEquals(2, function.config.read(COMMAND, 2) & 2);
        }
    }

    @Test
    @Tag("C7-35")
    void resetThatFailsGivesTheMemoryBack() {
        DeviceHandle a = open(FIRST);
        DeviceHandle b = open(SECOND);
        Mapping one = a.map(0);
        one.write32(0, 7);
        bus.onReset = () -> {
            throw new VfioException(Errno.EIO, "the bridge does not answer");
        };
        assertEquals(Errno.EIO, refused(a, a, b));
        assertEquals(7, one.read32(0));
        bus.onReset = () -> { };
        hotReset(a, a, b);
        assertEquals(7, one.read32(0));
    }

    /** A BAR whose registers answer when a test says. */
    private RegionOperations slow(RegionOperations bar, CountDownLatch reading) {
        return new RegionOperations() {
            @Override
            public long size() {
                return bar.size();
            }

            @Override
            public long read(long position, int width) {
                reading.countDown();
                core.hang();
                return 0;
            }

            @Override
            public void write(long position, int width, long value) {
            }
        };
    }

    /** One user is inside a register, another switches memory off and waits for it with the memory lock held. */
    @Test
    @Tag("C7-32")
    void memoryThatIsBeingSwitchedIsEbusyAndTheOthersGoOn() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        core.admin.unbind(SECOND);
        vendor.onProbe = device -> new SlowBar(device, reading);
        core.admin.bind(SECOND, "vendor", false);
        DeviceHandle a = open(FIRST);
        DeviceHandle b = open(SECOND);
        Mapping one = a.map(0);
        one.write32(0, 7);
        Region bar = b.region(0);
        Region config = b.region(CONFIG);
        CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> bar.read32(0), TestCore.OWN_THREAD);
        reading.await();
        Thread writer = new Thread(() -> config.write16(COMMAND, (short) 0));
        writer.start();
        await().until(() -> writer.getState() == Thread.State.TIMED_WAITING);
        assertEquals(Errno.EBUSY, refused(a, a, b));
        assertEquals(0, bus.resets.get());
        assertEquals(7, one.read32(0));
        assertEquals(SharedBus.BASE, first.config.read(0x10, 4));
        core.release.countDown();
        reader.get();
        writer.join();
        hotReset(a, a, b);
        assertEquals(1, bus.resets.get());
        assertEquals(7, one.read32(0));
    }

    private final class SlowBar extends vfio.pci.core.VfioPciOperations {
        private final CountDownLatch reading;

        private SlowBar(VfioPciDevice device, CountDownLatch reading) {
            super(device);
            this.reading = reading;
        }

        @Override
        public RegionOperations region(int index) {
            return index == 0 ? slow(super.region(index), reading) : super.region(index);
        }
    }

    @Test
    @Tag("C7-34")
    void opensAndClosesOfAMemberComeBeforeOrAfter() throws Exception {
        AtomicBoolean resetting = new AtomicBoolean();
        AtomicBoolean met = new AtomicBoolean();
        AtomicBoolean over = new AtomicBoolean();
        bus.onReset = () -> {
            resetting.set(true);
            Thread.yield();
            resetting.set(false);
        };
        vendor.onOpen = () -> met.compareAndSet(false, resetting.get());
        shareGroup();
        DeviceHandle a = open(FIRST);
        CompletableFuture<Void> opener = CompletableFuture.runAsync(() -> {
            while (!over.get()) {
                open(SECOND).close();
            }
        }, TestCore.OWN_THREAD);
        for (int i = 0; i < 500; i++) {
            hotReset(a, a);
        }
        over.set(true);
        opener.get();
        assertFalse(met.get());
        assertEquals(500, bus.resets.get());
    }

    /** What nobody uses is no hindrance, and what is bound away meanwhile is answered with an errno. */
    @Test
    void unbindOfAMemberAgainstHotResetIsAnErrno() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        shareGroup();
        DeviceHandle a = open(FIRST);
        CompletableFuture<Void> binder = CompletableFuture.runAsync(() -> {
            while (!over.get()) {
                core.admin.unbind(SECOND);
                core.admin.bind(SECOND, "vendor", false);
            }
        }, TestCore.OWN_THREAD);
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            try {
                hotReset(a, a);
            } catch (VfioException e) {
                assertEquals(Errno.EINVAL, e.errno(), e.getMessage());
                refused++;
            }
        }
        over.set(true);
        binder.get();
        assertEquals(2000, bus.resets.get() + refused);
        hotReset(a, a);
        assertEquals(SharedBus.BASE, second.config.read(0x10, 4));
    }

    @Test
    void unbindOfTheFunctionItselfAgainstHotResetIsAnErrno() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        shareGroup();
        CompletableFuture<Void> binder = CompletableFuture.runAsync(() -> {
            while (!over.get()) {
                core.bus.unplug(first);
                core.bus.plug(first);
                core.admin.bind(FIRST, "gen", false);
            }
        }, TestCore.OWN_THREAD);
        for (int i = 0; i < 2000; i++) {
            try (DeviceHandle a = open(FIRST)) {
                hotReset(a, a);
            } catch (VfioException e) {
                assertTrue(List.of(Errno.ENODEV, Errno.EINVAL, Errno.EBADF, Errno.EBUSY).contains(e.errno()), e.getMessage());
            }
        }
        over.set(true);
        binder.get();
    }

    /** A3.3: neither function has a reset of its own, so each needs that of the bus when it was used. */
    @Test
    void lastCloseOfTheBusResetsIt() {
        DeviceHandle a = open(FIRST);
        DeviceHandle b = open(SECOND);
        a.close();
        assertEquals(0, bus.resets.get(), "the other is in use");
        b.close();
        assertEquals(1, bus.resets.get());
        assertEquals(SharedBus.BASE, first.config.read(0x10, 4));
        open(FIRST).close();
        assertEquals(2, bus.resets.get());
        core.admin.unbind(SECOND);
        open(FIRST).close();
        assertEquals(2, bus.resets.get(), "a neighbour that is nobody's is left alone");
        assertEquals(1, gen.probed.size());
    }
}
