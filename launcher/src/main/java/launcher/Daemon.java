// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.osgi.service.condition.Condition;

/**
 * The framework with its bundles, in one run directory. Started, it is settled: all bundles run, the drivers folder was
 * scanned once, and matching is open. Closing takes the drivers away on the orderly road, then stops the framework.
 */
public final class Daemon implements AutoCloseable {
    private static final long STOP_MILLIS = 30_000;
    private static final String CONDITION = Condition.CONDITION_ID;

    private final Settings settings;
    private final RunDirectory directory;
    private final Framework framework;
    private final CountDownLatch stopRequested = new CountDownLatch(1);
    private ServiceRegistration<Condition> settled;

    private Daemon(Settings settings, RunDirectory directory, Framework framework) {
        this.settings = settings;
        this.directory = directory;
        this.framework = framework;
    }

    /**
     * Starts, and returns when matching is open.
     *
     * @throws LaunchException with what is wrong and what to do; nothing is left running
     */
    public static Daemon start(Settings settings) throws LaunchException, InterruptedException {
        return start(settings, RunDirectory.take(settings.directory()));
    }

    /** The same in a directory that was taken before; it is given back in any case. */
    static Daemon start(Settings settings, RunDirectory directory) throws LaunchException {
        Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT); // Felix writes versions with it, and reads 0 to 9 alone
        Daemon daemon = null;
        try {
            Configurations configurations = Configurations.of(settings);
            DriversFolder.seed(settings);
            daemon = new Daemon(settings, directory, framework(directory));
            daemon.begin(configurations);
            return daemon;
        } catch (IOException | BundleException | LaunchException | InterruptedException | RuntimeException e) {
            LaunchException failure = e instanceof LaunchException known ? known : new LaunchException(ExitCodes.FAILED,
                    "cannot start in " + settings.directory() + ": " + e);
            giveUp(daemon, directory, failure);
            throw failure;
        }
    }

    private static void giveUp(Daemon daemon, RunDirectory directory, LaunchException failure) {
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

    private static Framework framework(RunDirectory directory) throws IOException {
        Map<String, String> map = new HashMap<>();
        Properties properties = frameworkSettings();
        properties.stringPropertyNames().forEach(key -> map.put(key, properties.getProperty(key)));
        map.put(Constants.FRAMEWORK_STORAGE, directory.emptied("framework").toString());
        directory.emptied("tmp");
        directory.emptied("staging");
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
        List<Bundle> bundles = Provisioning.install(
                new Provisioning(frameworkSettings()).plan(settings.home().bundles(), settings.shell()), context);
        framework.start();
        startup.check(bundles);
        if (!settings.standalone()) {
            settle(context);
            startup.warn();
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

    /** Whoever stops the framework, as the shell does when it ends: drivers first. */
    private void onBundle(BundleEvent event) {
        if (event.getType() == BundleEvent.STOPPING && event.getBundle().getBundleId() == Constants.SYSTEM_BUNDLE_ID) {
            unsettle();
            stopRequested.countDown();
        }
    }

    /** Opens the shell on this terminal. */
    void openShell() {
        framework.adapt(FrameworkStartLevel.class).setStartLevel(Provisioning.SHELL_LEVEL);
    }

    /** The framework's own context, for who embeds the daemon. */
    public BundleContext context() {
        return framework.getBundleContext();
    }

    public Path directory() {
        return directory.path();
    }

    /** Returns when {@code stop} was asked for, or the framework was stopped from inside. */
    public void awaitStopRequest() throws InterruptedException {
        stopRequested.await();
    }

    /** Asks whoever waits to close. */
    void requestStop() {
        stopRequested.countDown();
    }

    /**
     * Orderly end. The directory is free for the next daemon when this returns.
     *
     * @throws LaunchException where the framework did not stop in time
     */
    @Override
    public void close() throws LaunchException {
        try (directory) {
            unsettle();
            framework.stop();
            if (framework.waitForStop(STOP_MILLIS).getType() == FrameworkEvent.WAIT_TIMEDOUT) {
                throw new LaunchException(ExitCodes.FAILED, "the framework did not stop within " + STOP_MILLIS / 1000
                        + " s; the process is ended without it");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException(ExitCodes.FAILED, "interrupted while stopping");
        } catch (BundleException | IOException e) {
            throw new LaunchException(ExitCodes.FAILED, "could not stop cleanly: " + e);
        }
    }
}
