// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.Composites.cores;
import static itest.Composites.deploy;
import static itest.Composites.emulatedBus;
import static itest.Composites.felix;
import static itest.Composites.reactor;
import static itest.Composites.scr;
import static itest.RunningCore.waiting;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.junit.Assert.fail;

import itest.drivers.SoundDriver;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import javax.inject.Inject;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DeviceSet;
import vfio.core.device.VfioUser;
import vfio.hardware.emulated.Hotplug;
import vfio.pci.core.user.VfioPciDevices;

/**
 * Everything at once for {@code stress.seconds}: users, resets, hotplug and drivers that are replaced. Nothing hangs, no
 * interrupt is lost, and nothing is left behind.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class StressIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration BREATH = Duration.ofSeconds(1);
    private static final String DRIVER = "itest.sounddriver";
    private static final Path ONE = DriverJars.path(DRIVER, "1.0.0");
    private static final Path TWO = DriverJars.path(DRIVER, "2.0.0");

    @Inject
    private BundleContext context;
    private RunningCore core;
    private DriversFolder folder;
    private StressHardware hardware;
    private StressUsers users;
    private final StressTally tally = new StressTally();
    private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean over;

    /** What a thread does again and again. */
    private interface Act {
        void run() throws Exception;
    }

    @Configuration
    public Option[] framework() throws Exception {
        TestDrivers.build(SoundDriver.class, "1.0.0");
        TestDrivers.build(SoundDriver.class, "2.0.0");
        return new Option[] {felix(), scr(), cores(), emulatedBus(), deploy(), reactor("vfio.pci.generic")};
    }

    /** Those of other tests: a driver of theirs may hang for ever. */
    private final Set<Thread> before = Thread.getAllStackTraces().keySet();

    @Before
    public void settle() throws Exception {
        core = new RunningCore(context);
        core.configureBus();
        core.configure("vfio.pci.core", "drainMillis", 50L);
        core.awaitFunctions();
        folder = new DriversFolder(core, "stress");
        hardware = new StressHardware(core.service(Hotplug.class));
        hardware.plugAll();
        users = new StressUsers(core.service(VfioPciDevices.class), hardware, tally);
        core.settle();
        StressHardware.SHARED.forEach(function -> core.admin().policy(function, "auto"));
        core.admin().policy(StressHardware.CALM, "auto");
        folder.put(ONE);
        folder.awaitState(ONE, "active");
        core.awaitDriver(StressHardware.CALM, "sound");
    }

    @After
    public void end() throws Exception {
        folder.empty();
        core.reset();
        hardware.unplugAll();
        core.unsettle();
    }

    @Test
    public void nothingHangsNothingIsLostNothingStays() throws Exception {
        long seconds = Long.getLong("stress.seconds", 5);
        long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        start("user 1", users::visit);
        start("user 2", users::visit);
        start("user 3", users::visit);
        start("interrupts", users::countInterrupts);
        start("hot reset", users::hotReset);
        start("hotplug", this::replug);
        start("drivers", this::replaceDriver);
        while (System.nanoTime() < deadline && failure.get() == null) {
            Thread.sleep(50); // the length of the stress, not a wait for something
        }
        over = true;
        join();
        System.out.println("stress of " + seconds + " s: " + tally);
        for (String what : List.of("open", "region", "config", "reset", "hot reset", "interrupt", "unplug",
                "driver replaced")) {
            assertTrue(what + " never worked: " + tally, tally.of(what) > 0);
        }
        assertRebindable();
        assertNothingLeft();
    }

    private void start(String name, Act act) {
        Thread thread = new Thread(() -> {
            try {
                while (!over) {
                    act.run();
                }
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        }, "stress " + name);
        threads.add(thread);
        thread.start();
    }

    private void join() throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        for (Thread thread : threads) {
            thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
            if (thread.isAlive()) {
                fail(thread.getName() + " hangs; deadlocked: "
                        + Arrays.toString(ManagementFactory.getThreadMXBean().findDeadlockedThreads()) + dump());
            }
        }
        if (failure.get() != null) {
            throw new AssertionError(tally.toString(), failure.get());
        }
    }

    private static String dump() {
        StringBuilder text = new StringBuilder();
        Thread.getAllStackTraces().forEach((thread, stack) -> {
            text.append('\n').append(thread.getName()).append(' ').append(thread.getState());
            for (StackTraceElement frame : stack) {
                text.append("\n  at ").append(frame);
            }
        });
        return text.toString();
    }

    private void replug() {
        String function = StressHardware.SHARED.get(ThreadLocalRandom.current().nextInt(StressHardware.SHARED.size()));
        hardware.unplug(function);
        hardware.plug(function);
        tally.count("unplug");
        waiting(function + " bound").until(() -> over || core.function(function).driver() != null);
        letWork("hot reset");
    }

    /** Others must get somewhere before the next upheaval, unless yet another keeps them from it. */
    private void letWork(String what) {
        long end = System.nanoTime() + BREATH.toNanos();
        long wanted = tally.of(what) + 3;
        while (!over && tally.of(what) < wanted && System.nanoTime() < end) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** An upgrade, the way back, and now and then none at all: users then have the generic driver. */
    private void replaceDriver() throws Exception {
        loaders.add(core.loaderOf(DRIVER));
        folder.put(TWO);
        folder.awaitState(TWO, "active");
        loaders.add(core.loaderOf(DRIVER));
        letWork("interrupt session");
        folder.delete(TWO);
        folder.awaitState(ONE, "active");
        if (ThreadLocalRandom.current().nextInt(3) == 0) {
            loaders.add(core.loaderOf(DRIVER));
            folder.empty();
            tally.count("driver removed");
            folder.put(ONE);
            folder.awaitState(ONE, "active");
        }
        tally.count("driver replaced");
        letWork("interrupt session");
    }

    private void assertRebindable() {
        core.awaitMatched();
        List<String> all = new ArrayList<>(StressHardware.SHARED);
        all.add(StressHardware.CALM);
        core.admin().policy("*", "manual");
        for (String function : all) {
            assertEquals(function, List.of(), core.admin().function(function).users());
            if (core.function(function).driver() != null) {
                core.admin().unbind(function);
            }
            for (String driver : List.of("vfio-pci", "sound")) {
                core.admin().override(function, "");
                core.admin().bind(function, driver, false);
                try (DeviceHandle handle = core.service(VfioPciDevices.class).open(function, VfioUser.named("the last"))) {
                    handle.map(0).write32(0, 1);
                    handle.reset();
                }
                core.admin().unbind(function);
            }
        }
    }

    private void assertNothingLeft() throws Exception {
        core.reset();
        loaders.add(core.loaderOf(DRIVER));
        folder.empty();
        threads.clear();
        assertEquals("device sets", 0, deviceSets());
        for (WeakReference<ClassLoader> loader : loaders) {
            RunningCore.awaitCollected(DRIVER, loader);
        }
        waiting("handles and mappings to be collected").pollInterval(Duration.ofMillis(50)).until(() -> {
            System.gc();
            return tally.alive() == 0;
        });
        waiting("workers and requests to end").until(() -> Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread)).map(Thread::getName)
                .noneMatch(name -> name.startsWith("vfio-driver") || name.startsWith("vfio-request")));
    }

    /** No service tells of them, so this looks inside. */
    private int deviceSets() throws Exception {
        Object pci = context.getService(context.getServiceReference("vfio.pci.core.internal.PciCore"));
        return ((DeviceSet.Registry) field(field(pci, "binder"), "sets")).size();
    }

    private static Object field(Object of, String name) throws Exception {
        Field field = of.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }
}
