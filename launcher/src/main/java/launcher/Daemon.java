// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.launch.Framework;
import org.osgi.service.condition.Condition;
import org.osgi.service.log.LoggerFactory;
import vfio.admin.ExitCode;
import vfio.core.thread.Deadline;

/**
 * The framework with its bundles, in one run directory. When it is started all bundles run, the drivers folder was scanned
 * once, and matching is open. Closing unbinds all drivers on the orderly road, then stops the framework.
 */
public final class Daemon implements AutoCloseable {
    private static final long STOP_MILLIS = 30_000;
    /** Milliseconds for a driver's bundle to stop: one call of a driver may take ten seconds. */
    private static final long DRIVER_STOP_MILLIS = 10_000;
    private static final long HURRIED_STOP_MILLIS = 2_000;
    private static final System.Logger LOG = System.getLogger(Daemon.class.getName());
    private static final String CONDITION = Condition.CONDITION_ID;

    private final Settings settings;
    private final Directories directory;
    private final Framework framework;
    private final CountDownLatch stopRequested = new CountDownLatch(1);
    private ServiceRegistration<Condition> settled;
    private OwnBundles own = new OwnBundles(List.of(), sentence -> { });
    private volatile long driverStopMillis = DRIVER_STOP_MILLIS;
    private volatile String fallen;

    private Daemon(Settings settings, Directories directory, Framework framework) {
        this.settings = settings;
        this.directory = directory;
        this.framework = framework;
    }

    /**
     * Starts a daemon, and returns when matching is open.
     *
     * @throws LaunchException with what is wrong and what to do; nothing is left running
     */
    public static Daemon start(Settings settings) throws LaunchException, InterruptedException {
        return start(settings, Directories.take(settings));
    }

    /** Starts a daemon in directories that were taken before, and gives them back where it cannot start. */
    static Daemon start(Settings settings, Directories directory) throws LaunchException {
        Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT); // Felix writes versions with it, and reads 0 to 9 alone
        Daemon daemon = null;
        try {
            Configurations configurations = Configurations.of(settings);
            DriversFolder.seed(settings);
            daemon = new Daemon(settings, directory, framework(directory));
            daemon.begin(configurations);
            return daemon;
        } catch (IOException | BundleException | LaunchException | InterruptedException | RuntimeException
                | Error e) { // the framework's threads would keep the process
            LaunchException failure = e instanceof LaunchException known ? known : new LaunchException(ExitCode.REFUSED,
                    "cannot start in " + settings.directory() + ": " + e);
            giveUp(daemon, directory, failure);
            throw failure;
        }
    }

    private static void giveUp(Daemon daemon, Directories directory, LaunchException failure) {
        try {
            if (daemon == null) {
                directory.close();
            } else {
                daemon.close();
            }
        } catch (IOException | LaunchException e) {
            failure.addSuppressed(e);
        }
    }

    private static Framework framework(Directories directory) throws IOException {
        Map<String, String> map = new HashMap<>();
        Properties properties = frameworkSettings();
        properties.stringPropertyNames().forEach(key -> map.put(key, properties.getProperty(key)));
        map.put(Constants.FRAMEWORK_STORAGE, directory.emptied("framework").toString());
        directory.emptied("tmp");
        return new FrameworkFactory().newFramework(map);
    }

    private static Properties frameworkSettings() throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Daemon.class.getResourceAsStream("/framework.properties")) {
            properties.load(in);
        }
        return properties;
    }

    private void begin(Configurations configurations)
            throws IOException, LaunchException, BundleException, InterruptedException {
        framework.init();
        BundleContext context = framework.getBundleContext();
        Startup startup = new Startup(context, settings.directory(), configurations);
        context.addBundleListener((SynchronousBundleListener) this::onBundle);
        context.registerService(Runnable.class, stopRequested::countDown, new Hashtable<>(Map.of("vfio.shutdown", true)));
        OsgiLog log = new OsgiLog();
        context.registerService(LoggerFactory.class, log, new Hashtable<>());
        Provisioning provisioning = new Provisioning(frameworkSettings());
        List<Bundle> bundles = new ArrayList<>(Provisioning.install(provisioning.plan(settings.home().bundles()), context));
        own = new OwnBundles(bundles, this::fall);
        bundles.addAll(Provisioning.install(provisioning.programs(settings.programs()), context));
        if (!configurations.given().isEmpty()) {
            new DeclaredSettings(bundles).check(configurations.given());
        }
        framework.start();
        startup.check(bundles);
        context.addFrameworkListener(log); // what keeps it from starting is told by the startup
        context.addBundleListener(own);
        if (!settings.standalone()) {
            settle(context);
            startup.warnings().forEach(warning -> LOG.log(System.Logger.Level.WARNING, warning));
        }
    }

    private synchronized void settle(BundleContext context) {
        settled = context.registerService(Condition.class, Condition.INSTANCE,
                new Hashtable<>(Map.of(CONDITION, "vfio.settled")));
    }

    /** Closes matching: the PCI core unbinds everything on the orderly road before this returns. */
    private synchronized void unsettle() {
        if (settled != null) {
            settled.unregister();
            settled = null;
        }
    }

    /** Closes matching before the framework stops, also where a bundle stops it, such as a console. */
    private void onBundle(BundleEvent event) {
        if (event.getType() == BundleEvent.STOPPING && event.getBundle().getBundleId() == Constants.SYSTEM_BUNDLE_ID) {
            if (stopRequested.getCount() > 0) {
                fall("a bundle has stopped the framework");
            }
            unsettle();
            stopRequested.countDown();
        }
    }

    private void fall(String sentence) {
        fallen = sentence;
        LOG.log(System.Logger.Level.ERROR, sentence + "; the daemon ends");
        stopRequested.countDown();
    }

    /** Returns the context of the system bundle, for a program that embeds the daemon. */
    public BundleContext context() {
        return framework.getBundleContext();
    }

    public Path directory() {
        return directory.path();
    }

    /** Waits until {@code stop} was asked for, or the framework was stopped from inside. */
    public void awaitStopRequest() throws InterruptedException {
        stopRequested.await();
    }

    /** Returns a sentence why the daemon cannot go on; empty where it was told to stop. */
    public Optional<String> fallen() {
        return Optional.ofNullable(fallen);
    }

    /** Ends the wait of {@link #awaitStopRequest}. */
    void requestStop() {
        stopRequested.countDown();
    }

    /** Makes {@link #close} leave bundles behind that do not stop at once. */
    void hurry() {
        driverStopMillis = HURRIED_STOP_MILLIS;
    }

    /**
     * Ends the daemon in order. The directory is free for the next daemon when this returns. A driver's bundle that hangs is
     * left behind.
     *
     * @throws LaunchException where the framework did not stop in time
     */
    @Override
    public void close() throws LaunchException {
        try (directory) {
            requestStop();
            own.close();
            unsettle();
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException(ExitCode.REFUSED, "interrupted while stopping");
        } catch (BundleException | IOException e) {
            throw new LaunchException(ExitCode.REFUSED, "could not stop cleanly: " + e);
        }
    }

    private void stop() throws BundleException, InterruptedException, LaunchException {
        BundleContext context = framework.getBundleContext();
        List<Bundle> bundles = context == null ? List.of() : List.of(context.getBundles());
        framework.stop();
        Deadline deadline = Deadline.in(Duration.ofMillis(STOP_MILLIS));
        if (stopsWithin(driverStopMillis)) {
            return;
        }
        List<String> stuck = new ArrayList<>();
        for (Bundle bundle : bundles) {
            boolean driver = bundle.getBundleId() != Constants.SYSTEM_BUNDLE_ID && !own.has(bundle);
            if (driver && (bundle.getState() & (Bundle.STARTING | Bundle.STOPPING)) != 0) {
                stuck.add(bundle.getSymbolicName() + " " + bundle.getVersion());
            }
        }
        if (!stuck.isEmpty()) {
            LOG.log(System.Logger.Level.WARNING, "left behind, since it does not come back from its start or stop: "
                    + String.join(", ", stuck));
        } else if (!stopsWithin(Math.max(1, deadline.left().toMillis()))) {
            throw new LaunchException(ExitCode.REFUSED, "the framework did not stop within " + STOP_MILLIS / 1000
                    + " s; the process is ended without it");
        }
    }

    private boolean stopsWithin(long millis) throws InterruptedException {
        return framework.waitForStop(millis).getType() != FrameworkEvent.WAIT_TIMEDOUT;
    }
}
