// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioUser;
import vfio.core.feature.FeatureRequest;
import vfio.core.info.DeviceInfo;
import vfio.core.migration.MigrationState;
import vfio.pci.core.PciDriver;
import vfio.pci.core.admin.DriverUpdate.Update;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fake.FakeCard;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.fake.FakeHardware;
import vfio.pci.core.fake.FakeHostDevice;
import vfio.pci.core.fake.HardwareImage;
import vfio.pci.core.fake.OwnLoader;
import vfio.pci.core.fault.FaultyVersion;
import vfio.pci.core.fault.Script;
import vfio.pci.core.fault.ScriptedDriver;
import vfio.pci.core.fault.Step;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.internal.facet.DeviceFacet;
import vfio.pci.core.internal.slot.DriverSettings;
import vfio.pci.core.internal.slot.FunctionSlot;

/** A core with a function that a user has open, whose driver is exchanged while something else happens to it. */
final class ExchangeWorld implements AutoCloseable {
    /** Begins the names of drivers and threads of every such world. */
    static final String PREFIX = "exchanged";
    private static final String NAME = "0000:01:00.0";
    private static final String NEIGHBOUR = "0000:01:00.1";
    private static final String VIRTUAL = "0000:01:00.2";
    private static final VfioUser USER = VfioUser.named("user");
    private static final AtomicInteger MADE = new AtomicInteger();
    private static final long PATIENCE = Duration.ofSeconds(40).toMillis();

    /** What else happens to the device, on a thread of its own. */
    enum Act {
        NOTHING(world -> { }),
        ACCESS(world -> world.count()),
        UNPLUG(world -> world.core.bus.unplug(world.function)),
        REVOKE(world -> world.slot.bound().vfio().revoke()),
        LAST_CLOSE(world -> world.handle.close()),
        OPEN(world -> world.core.programs.open(NAME, VfioUser.named("another")).close()),
        RESET(world -> world.handle.reset()),
        HOT_RESET(world -> world.devices.hotReset(NEIGHBOUR, true)),
        FLR(world -> world.handle.region(RegionIndex.CONFIG).write16(world.control(), (short) 0x8000)),
        WAKE_UP(world -> world.function.raw.listener.wakeUp()),
        VIRTUAL_FUNCTIONS(world -> world.devices.virtualFunctions(NAME, 1)),
        BUNDLE_STOP(world -> world.core.leaves(world.driver)),
        MIGRATE(world -> {
            world.handle.migration().set(MigrationState.STOP);
            world.handle.migration().set(MigrationState.RUNNING);
        }),
        FEATURE(world -> world.feature());

        private final Consumer<ExchangeWorld> act;

        Act(Consumer<ExchangeWorld> act) {
            this.act = act;
        }

        /** Tells whether a function of such a bus has the act. */
        boolean on(Virtualization side) {
            return side == Virtualization.RAW || this != FLR && this != WAKE_UP && this != HOT_RESET
                    && this != VIRTUAL_FUNCTIONS;
        }

        /** Tells whether users lose the device by the act. */
        private boolean takes() {
            return this == UNPLUG || this == REVOKE || this == LAST_CLOSE || this == BUNDLE_STOP;
        }
    }

    final TestCore core;
    final Script first;
    final DeviceHandle handle;
    volatile String states = "1";
    private final String name = PREFIX + MADE.incrementAndGet();
    private final CountDownLatch release = new CountDownLatch(1);
    private final SharedMemory memory = SharedMemory.ofProcess(4096);
    private final DeviceFacet devices;
    private final FakeCard function = new FakeCard();
    private volatile FakeDriver driver;
    private final FunctionSlot slot;
    private final List<Script> scripts = new CopyOnWriteArrayList<>();
    private final List<Throwable> wrong = new CopyOnWriteArrayList<>();
    private final AtomicInteger counted = new AtomicInteger();
    private volatile Act act = Act.NOTHING;
    private volatile Thread acting;
    /** Why what else happened was refused; null where it was not. */
    private volatile VfioException excuse;

    /** Runs cases, by name, several at a time: many of them mostly wait. */
    static Stream<DynamicTest> together(Map<String, Runnable> cases, int threads) {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        Map<String, CompletableFuture<Void>> all = new TreeMap<>();
        cases.forEach((name, run) -> all.put(name, CompletableFuture.runAsync(run, pool)));
        pool.shutdown();
        return all.entrySet().stream().map(one -> dynamicTest(one.getKey(), one.getValue()::join));
    }

    /** @param limit of each call of a driver, in milliseconds */
    ExchangeWorld(Virtualization side, long limit) {
        core = new TestCore(new TestCore.Settings("merged", limit, 60_000), side);
        devices = new DeviceFacet(core.core, core.programs);
        core.core.addSettings(withVirtualFunctions());
        function.raw = resettable();
        function.image.extended(0x10, HardwareImage.body(0x3c, 0x0a, 4));
        function.onVirtualFunctions = this::enable;
        function.onHost = new Host();
        core.bus.plug(function);
        core.bus.plug(neighbour());
        core.arrives(FakeDriver.flagged("plain", "*:*"));
        first = script("first");
        driver = core.arrives(build(first));
        core.admin.bind(NEIGHBOUR, "plain", false);
        core.admin.bind(NAME, name, false);
        slot = core.slot(NAME);
        handle = core.programs.open(NAME, USER);
        count();
        count();
        first.calls.clear();
    }

    private DriverSettings withVirtualFunctions() {
        Object settings = Proxy.newProxyInstance(DriverSettings.class.getClassLoader(),
                new Class<?>[] {DriverSettings.Config.class}, (self, method, arguments) ->
                        method.getName().equals("enableSriov") ? (Object) true : method.getDefaultValue());
        return new DriverSettings((DriverSettings.Config) settings, Map.of("service.pid", "vfio.pci.driver~" + name));
    }

    private FakeHardware resettable() {
        return new FakeHardware(function.lines, FakeCard.BAR0, 0, 4096, 0, 32) {
            @Override
            public boolean busResettable() {
                return true;
            }

            @Override
            public void resetBus() {
            }
        };
    }

    private FakeFunction neighbour() {
        FakeFunction neighbour = new FakeFunction(NEIGHBOUR, 1, 2);
        neighbour.raw = resettable();
        neighbour.onHost = new Host();
        return neighbour;
    }

    private void enable(int count) {
        if (count > 0) {
            FakeFunction virtual = new FakeFunction(VIRTUAL, 1, 3);
            virtual.physicalFunction = PciAddress.parse(NAME);
            function.virtualFunctions = List.of(virtual.address());
            core.bus.plug(virtual);
        } else {
            function.virtualFunctions = List.of();
            core.bus.functions().stream().filter(one -> one.address.toString().equals(VIRTUAL)).forEach(core.bus::unplug);
        }
    }

    private int control() {
        return function.express + 8;
    }

    /** The other side of a HOST bus: memory behind two BARs, and configuration space. */
    private static final class Host extends FakeHostDevice {
        private final SharedMemory config = SharedMemory.ofProcess(4096);

        @Override
        public DeviceInfo info() {
            return new DeviceInfo(DeviceInfo.PCI | DeviceInfo.RESET, 9, 5, List.of());
        }

        @Override
        public RegionOperations region(int index) {
            return index == 0 || index == 2 || index == RegionIndex.CONFIG ? new MemoryRegion(config) : super.region(index);
        }

        @Override
        public void reset() {
            // nothing to forget
        }
    }

    Script script(String version) {
        Script script = new Script(name + " " + version, memory, release);
        scripts.add(script);
        return script;
    }

    private static PciDriver version(Script script) {
        ScriptedDriver version = OwnLoader.make(FaultyVersion.class, ScriptedDriver.class);
        version.follow(script);
        return version;
    }

    /** Has something happen when a version has come to a step: the version goes on when that is done, or waits. */
    void actAt(Script script, Step step, Act what) {
        act = what;
        script.at(step, () -> {
            Thread thread = new Thread(() -> attempt(() -> act(what)), name + " act");
            acting = thread;
            thread.start();
            long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (thread.isAlive() && !waits(thread) && System.nanoTime() - end < 0) {
                Thread.onSpinWait();
            }
        });
    }

    private void act(Act what) {
        try {
            what.act.accept(this);
        } catch (VfioException e) {
            excuse = e;
        }
    }

    private static boolean waits(Thread thread) {
        Thread.State state = thread.getState();
        return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING || state == Thread.State.BLOCKED;
    }

    /** Refusals are answers; anything else is wrong. */
    private void attempt(Runnable what) {
        try {
            what.run();
        } catch (VfioException e) {
            assertNotNull(e.sentence());
        } catch (Throwable e) {
            wrong.add(e);
        }
    }

    /** Exchanges the driver for the next version, and returns why that failed; null where it did not. */
    VfioException exchanged(Script next) {
        return refusalOf(() -> exchange(next));
    }

    private VfioException refusalOf(Runnable what) {
        AtomicReference<VfioException> refusal = new AtomicReference<>();
        Thread thread = new Thread(() -> attempt(() -> {
            try {
                what.run();
            } catch (VfioException e) {
                refusal.set(e);
            }
        }), name + " exchange");
        thread.start();
        assertEnds(thread);
        return refusal.get();
    }

    private void exchange(Script next) {
        if (states.equals("0")) {
            next.writes.set(counted.get()); // what no state carries over
        }
        FakeDriver build = build(next);
        try (Update update = core.updates.stage(Set.of(driver.bundle.getBundleId()), build.bundle.getBundleId())) {
            core.arrives(build);
            update.move(slot.name());
            update.serve(false);
            driver = build;
        } finally {
            if (driver != build) {
                core.leaves(build);
            }
        }
    }

    /** Begins an update, which is not ended, and moves the function to the next version. */
    Update begun(Script next) {
        FakeDriver build = build(next);
        Update update = core.updates.stage(Set.of(driver.bundle.getBundleId()), build.bundle.getBundleId());
        core.arrives(build);
        update.move(slot.name());
        return update;
    }

    /** Gives the function back to the version before, and returns why that failed; null where it did not. */
    VfioException back(Update update) {
        return refusalOf(() -> update.back(slot.name()));
    }

    private FakeDriver build(Script script) {
        FakeDriver build = FakeDriver.flagged(name, "*:*").with("state", scripts.size() == 1 ? "1 0" : states);
        build.onProbe = device -> version(script).probe(device, PciDeviceId.MATCH_ALL);
        return build;
    }

    private static void assertEnds(Thread thread) {
        try {
            thread.join(PATIENCE);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertFalse(thread.isAlive(), () -> thread.getName() + " does not end:\n  "
                + Arrays.stream(thread.getStackTrace()).map(Object::toString).reduce("", (a, b) -> a + "\n  " + b));
    }

    void assertNothingHangs() {
        if (acting != null) {
            assertEnds(acting);
        }
        assertEquals(List.of(), wrong);
        Thread.getAllStackTraces().forEach((thread, stack) -> assertFalse(thread.getName().startsWith(name + " ")
                && Arrays.stream(stack).anyMatch(frame -> frame.getClassName().equals("vfio.core.device.Gate")),
                () -> thread.getName() + " is in a gate"));
    }

    private void count() {
        handle.region(0).write64(0, 1);
        counted.incrementAndGet();
    }

    private long feature() {
        return handle.feature(new FeatureRequest(16, FeatureRequest.GET | FaultyVersion.FEATURE, ByteBuffer.allocate(8),
                null)).payload().order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    }

    /** The device is open and works, with one of two versions, or is gone and says so; each version was called rightly. */
    void assertWhole(Script next, VfioException refusal) {
        if (handle.isOpen()) {
            assertNull(excuse, "the device stays open");
            assertWorks();
            boolean second = refusal == null;
            assertEquals(second ? next.writes.get() : first.writes.get(), counted.get(), () -> first + ", " + next);
        } else {
            boolean stuck = refusal != null && refusal.kind() == VfioException.Kind.STUCK;
            assertTrue(act.takes() || stuck, "the users have lost the device by nothing: " + refusal);
            assertEquals(Errno.ENODEV, TestCore.errno(() -> handle.region(0)));
        }
        scripts.forEach(script -> assertEquals(List.of(), script.violations, script.name));
    }

    private void assertWorks() {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(() -> {
            try {
                count();
                assertEquals(counted.get(), handle.region(0).read64(8));
                assertEquals(counted.get(), feature());
                handle.region(RegionIndex.CONFIG).read32(0);
                handle.region(FaultyVersion.ADDED).read32(0);
                handle.info();
                handle.irqInfo(IrqIndex.MSI);
                handle.setIrqs(IrqRequest.trigger(IrqIndex.MSI, 0, EventSignal.calling(() -> { })));
                handle.setIrqs(IrqRequest.disable(IrqIndex.MSI));
                handle.reset();
                handle.migration().set(MigrationState.STOP);
                handle.migration().set(MigrationState.RUNNING);
                core.programs.open(NAME, VfioUser.named("one more")).close();
            } catch (Throwable e) {
                failure.set(e);
            }
        }, name + " user");
        thread.start();
        assertEnds(thread);
        assertNull(failure.get(), () -> failure.get() + "\n" + scripts);
    }

    /** The open device works, with this version; and each version was called rightly. */
    void assertOn(Script version) {
        long before = version.writes.get();
        handle.region(0).write64(0, 1);
        assertEquals(before + 1, version.writes.get());
        assertEquals(before + 1, handle.region(0).read64(0));
        handle.reset();
        scripts.forEach(script -> assertEquals(List.of(), script.violations, script.name));
    }

    void assertOpens() {
        core.programs.open(NAME, VfioUser.named("another")).close();
    }

    /** A sound version takes the open device over; or the function is bound anew, where the device is gone. */
    void assertGoesOn() {
        if (slot.removed()) {
            return;
        }
        if (handle.isOpen()) {
            Script sound = script("sound");
            assertNull(exchangedInTheEnd(sound));
            assertWorks();
            assertEquals(sound.writes.get(), counted.get());
        } else {
            core.arrives(FakeDriver.flagged("anew", "*:*"));
            await().until(() -> slot.bound() == null || !act.equals(Act.BUNDLE_STOP));
            if (slot.bound() != null) {
                core.admin.unbind(NAME);
            }
            core.admin.bind(NAME, "anew", false);
            core.programs.open(NAME, USER).close();
        }
        scripts.forEach(script -> assertEquals(List.of(), script.violations, script.name));
    }

    /** On a busy machine a user's thread may get no processor inside a call. */
    private VfioException exchangedInTheEnd(Script sound) {
        VfioException refusal = exchanged(sound);
        for (int i = 0; i < 5 && refusal != null && refusal.errno() == Errno.EBUSY; i++) {
            refusal = exchanged(sound);
        }
        return refusal;
    }

    @Override
    public void close() {
        release.countDown();
        core.close();
    }
}
