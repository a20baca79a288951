// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.Composites.cores;
import static itest.Composites.emulatedBus;
import static itest.Composites.felix;
import static itest.Composites.scr;
import static itest.RunningCore.waiting;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import itest.drivers.Churn;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
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
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.Hotplug;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.admin.DriverUpdate;
import vfio.pci.core.admin.DriverUpdate.Moved;
import vfio.pci.core.admin.DriverUpdate.Update;
import vfio.pci.core.user.VfioPciDevices;

/**
 * A driver's bundle is exchanged {@code stress.swaps} times under users who use everything that its functions have; three of
 * ten builds are faulty. No user sees an error, each interrupt comes once, the driver's own count of writes is right to the
 * last one, and nothing is left of the builds that were.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class UpdateStressIT {
    private static final String NAME = "itest.churn";
    private static final Path FIRST = DriverJars.path(NAME, "1.0.0");
    private static final Path SECOND = DriverJars.path(NAME, "2.0.0");
    private static final List<Path> FAULTY = List.of(DriverJars.path(NAME, "3.0.0"), DriverJars.path(NAME, "4.0.0"),
            DriverJars.path(NAME, "5.0.0"));
    /** The most classes that may be more at the end: those of the users. Sixty builds that stayed would be as many. */
    private static final int CLASSES = 300;

    @Inject
    private BundleContext context;
    private RunningCore core;
    private ChurnedFunctions functions;
    private Bundle current;
    private boolean first = true;
    private long longest;
    private long waited;
    private long retries;
    private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();

    @Configuration
    public Option[] framework() throws Exception {
        TestDrivers.buildAs(NAME, Churn.Sound.class, "1.0.0");
        TestDrivers.buildAs(NAME, Churn.Sound.class, "2.0.0");
        TestDrivers.buildAs(NAME, Churn.Refusing.class, "3.0.0");
        TestDrivers.buildAs(NAME, Churn.Breaking.class, "4.0.0");
        TestDrivers.buildAs(NAME, Churn.Lying.class, "5.0.0");
        return new Option[] {felix(), scr(), cores(), emulatedBus()};
    }

    @Before
    public void bind() throws Exception {
        core = new RunningCore(context);
        core.configureBus();
        core.configure("vfio.pci.driver~churn", "enableSriov", true);
        core.awaitFunctions();
        core.settle();
        current = installed(FIRST, 0);
        current.start();
        functions = new ChurnedFunctions(core.service(Hotplug.class), core.service(VfioPciDevices.class),
                core.service(DeviceAdmin.class));
        functions.plugAll();
        waiting("driver churn").until(() -> core.admin().drivers().stream().anyMatch(row -> row.driver().equals("churn")));
        ChurnedFunctions.ALL.forEach(function -> core.admin().bind(function, "churn", false));
    }

    @After
    public void end() throws Exception {
        functions.close();
        core.reset();
        functions.unplugAll();
        current.uninstall();
        core.unsettle();
    }

    private Bundle installed(Path jar, int swap) throws IOException, BundleException {
        try (InputStream bytes = Files.newInputStream(jar)) {
            return context.installBundle("churn:" + swap, bytes);
        }
    }

    @Test
    public void nobodySeesAnythingOfAThousandUpdates() throws Exception {
        int swaps = Integer.getInteger("stress.swaps", 60);
        functions.open();
        exchange(1, false);
        exchange(2, false);
        int classes = classes();
        long files = files();
        functions.start();
        Random random = new Random(4711);
        int faulty = 0;
        for (int swap = 3; swap < swaps + 3 && functions.failure() == null; swap++) {
            boolean bad = random.nextInt(10) < 3;
            faulty += bad ? 1 : 0;
            exchange(swap, bad);
        }
        functions.stop();
        System.out.println("stress of " + swaps + " updates, " + faulty + " of faulty builds: " + functions.tally()
                + ", tried again " + retries + ", calls that waited " + waited + ", longest pause " + longest / 1000
                + " us");
        functions.assertNothingLost();
        waiting("builds that have left to be collected").pollInterval(Duration.ofMillis(50)).until(() -> {
            System.gc();
            return loaders.stream().allMatch(loader -> loader.refersTo(null));
        });
        waiting("classes to be as many as before").until(() -> {
            System.gc();
            return classes() < classes + CLASSES;
        });
        waiting("files to be as many as before").until(() -> files() <= files);
        waiting("workers to end").until(() -> workers() <= 1);
    }

    private static int classes() {
        return ManagementFactory.getClassLoadingMXBean().getLoadedClassCount();
    }

    private static long files() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static long workers() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith("vfio-driver itest.churn")).count();
    }

    /** Moves all functions to another build, or to none where that is faulty; then the build that has none leaves. */
    private void exchange(int swap, boolean faulty) throws Exception {
        Path jar = faulty ? FAULTY.get(swap % FAULTY.size()) : first ? SECOND : FIRST;
        Bundle next = installed(jar, swap);
        Bundle leaves = next;
        try (Update update = core.service(DriverUpdate.class).stage(Set.of(current.getBundleId()), next.getBundleId())) {
            next.start();
            for (String function : ChurnedFunctions.ALL) {
                assertEquals(function + " to " + jar, !faulty, moved(update, "emulated/" + function));
            }
            if (faulty) {
                update.withdraw();
            } else {
                update.serve(false);
                leaves = current;
                current = next;
                first = !first;
            }
        }
        loaders.add(new WeakReference<>(leaves.adapt(BundleWiring.class).getClassLoader()));
        leaves.uninstall();
        refresh(leaves);
    }

    /** Moves a function; calls that do not end just then are waited for, as deployment does. */
    private boolean moved(Update update, String function) {
        while (true) {
            try {
                Moved moved = update.move(function);
                longest = Math.max(longest, moved.pause().toNanos());
                waited += moved.waited();
                return true;
            } catch (VfioException e) {
                if (e.errno() != Errno.EBUSY) {
                    return false;
                }
                retries++;
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    private void refresh(Bundle bundle) throws InterruptedException {
        CountDownLatch refreshed = new CountDownLatch(1);
        context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class)
                .refreshBundles(List.of(bundle), event -> refreshed.countDown());
        assertTrue("refresh", refreshed.await(30, TimeUnit.SECONDS));
    }
}
