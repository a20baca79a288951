// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.FrameworkWiring;
import vfio.core.DriverWorker;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * What is done to driver bundles through the framework. What runs a driver's code runs on a worker of its own within a
 * limit, so that a driver that hangs is reported and left behind. Called by the deploy thread alone.
 */
final class DriverBundles implements AutoCloseable {
    private final BundleContext context;
    private final Duration limit;
    private final Map<Long, DriverWorker> workers = new HashMap<>();

    DriverBundles(BundleContext context, Duration limit) {
        this.context = context;
        this.limit = limit;
    }

    /** Bundles installed by this component or a former life of it. */
    List<Bundle> ours() {
        return Arrays.stream(context.getBundles()).filter(DriverBundles::isOurs).toList();
    }

    static boolean isOurs(Bundle bundle) {
        return bundle.getLocation().startsWith(Build.PREFIX);
    }

    /** Symbolic names of the bundles that others have installed. */
    Set<String> platform() {
        return Arrays.stream(context.getBundles()).filter(bundle -> !isOurs(bundle) && bundle.getSymbolicName() != null)
                .map(Bundle::getSymbolicName).collect(Collectors.toSet());
    }

    /** Equal as long as no bundle comes, goes or is updated. */
    Object world() {
        return Arrays.stream(context.getBundles()).collect(Collectors.toMap(Bundle::getBundleId, Bundle::getLastModified));
    }

    /** Answers the bundle of that location where it is installed already. */
    Bundle install(Build build, Path jar) throws Refusal {
        try (InputStream in = Files.newInputStream(jar)) {
            Bundle bundle = context.installBundle(build.location(), in);
            int level = context.getBundle().adapt(BundleStartLevel.class).getStartLevel();
            bundle.adapt(BundleStartLevel.class).setStartLevel(Math.max(1, level));
            return bundle;
        } catch (BundleException | IOException | RuntimeException | StackOverflowError e) {
            throw new Refusal("the framework does not install it: " + Text.causes(e));
        }
    }

    /** Answers null, or why it does not resolve. */
    String resolve(Bundle bundle) {
        if (wiring().resolveBundles(List.of(bundle))) {
            return null;
        }
        String missing = new MissingRequirements(context).of(bundle);
        return missing != null ? missing : "the framework does not resolve it: " + attempt(bundle);
    }

    /** The framework tells why only when it is made to start what it cannot resolve. */
    private String attempt(Bundle bundle) {
        try {
            start(bundle);
            return "it did not resolve at first";
        } catch (VfioException e) {
            return e.getMessage();
        }
    }

    /** @throws VfioException with the reason, EIO; or ETIMEDOUT where it hangs */
    void start(Bundle bundle) {
        call(bundle, "start", () -> bundle.start(Bundle.START_TRANSIENT));
    }

    /** @throws VfioException as {@link #start} */
    void stop(Bundle bundle) {
        call(bundle, "stop", () -> bundle.stop(Bundle.STOP_TRANSIENT));
    }

    private interface Act {
        void run() throws BundleException;
    }

    private void call(Bundle bundle, String what, Act act) {
        String name = bundle.getSymbolicName() + " " + bundle.getVersion();
        DriverWorker worker = workers.computeIfAbsent(bundle.getBundleId(), id -> new DriverWorker(name, fault -> { }));
        worker.call(what, limit, () -> guarded(what, name, act));
    }

    private static Void guarded(String what, String name, Act act) {
        try {
            act.run();
            return null;
        } catch (BundleException e) {
            // The cause may be an object of the driver's own class: its text goes on, it does not.
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new VfioException(Errno.EIO, what + " of " + name + " failed: " + Text.causes(cause));
        }
    }

    /** What its stuck call was doing, or null where none is stuck. */
    String fault(Bundle bundle) {
        DriverWorker worker = workers.get(bundle.getBundleId());
        return worker == null ? null : worker.fault().orElse(null);
    }

    /**
     * Uninstalls and lets go of the classes.
     *
     * @return null, or why the bundle is still here
     */
    String uninstall(Bundle bundle) {
        DriverWorker former = workers.remove(bundle.getBundleId());
        if (former != null) {
            former.close();
        }
        // A worker of its own: a bundle stuck in its start holds the framework's lock of that bundle.
        try (DriverWorker undertaker = new DriverWorker(String.valueOf(bundle.getSymbolicName()), fault -> { })) {
            undertaker.call("uninstall", limit, () -> guarded("uninstall", bundle.getSymbolicName(), bundle::uninstall));
        } catch (VfioException e) {
            return "its bundle " + bundle.getBundleId() + " stays until the daemon restarts: " + e.getMessage();
        }
        refresh(bundle);
        return null;
    }

    private void refresh(Bundle bundle) {
        CountDownLatch refreshed = new CountDownLatch(1);
        wiring().refreshBundles(List.of(bundle), event -> refreshed.countDown());
        try {
            if (!refreshed.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                System.getLogger(DriverBundles.class.getName()).log(System.Logger.Level.WARNING,
                        "the framework is still letting go of {0}", bundle.getLocation());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private FrameworkWiring wiring() {
        return context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
    }

    @Override
    public void close() {
        workers.values().forEach(DriverWorker::close);
        workers.clear();
    }
}
