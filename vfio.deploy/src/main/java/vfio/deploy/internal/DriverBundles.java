// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.BundleStartLevel;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.thread.DaemonThread;

/**
 * The driver bundles, as the framework installs, resolves, starts, stops and uninstalls them. A call that runs a driver's
 * code is made on the bundle's own worker within a limit, so that a driver that hangs is reported, abandoned and left behind.
 * From any thread, for a bundle one at a time.
 */
final class DriverBundles implements AutoCloseable {
    private final BundleContext context;
    private final Duration limit;
    private final DriverWiring wiring;
    private final AbandonedBundles abandoned;
    private final Map<Long, DriverWorker> workers = new ConcurrentHashMap<>();

    DriverBundles(BundleContext context, Duration limit, DriverWiring wiring, AbandonedBundles abandoned) {
        this.context = context;
        this.limit = limit;
        this.wiring = wiring;
        this.abandoned = abandoned;
    }

    /** Returns the bundles that this component has installed, in this run or a former one. */
    List<Bundle> ours() {
        return Arrays.stream(context.getBundles()).filter(DriverBundles::isOurs).toList();
    }

    /** Tells whether this component has installed a bundle. */
    static boolean isOurs(Bundle bundle) {
        return bundle.getLocation().startsWith(Build.PREFIX);
    }

    /** Returns the symbolic names of the bundles that others have installed. */
    Set<String> platform() {
        return Arrays.stream(context.getBundles()).filter(bundle -> !isOurs(bundle) && bundle.getSymbolicName() != null)
                .map(Bundle::getSymbolicName).collect(Collectors.toSet());
    }

    /** Tells whether the framework is being stopped: it installs and starts nothing any more. */
    boolean frameworkEnds() {
        return (context.getBundle(Constants.SYSTEM_BUNDLE_ID).getState() & (Bundle.STARTING | Bundle.ACTIVE)) == 0;
    }

    /** Returns a value that is equal as long as no bundle that others have installed comes, goes or is updated. */
    Object others() {
        return Arrays.stream(context.getBundles()).filter(bundle -> !isOurs(bundle))
                .collect(Collectors.toMap(Bundle::getBundleId, Bundle::getLastModified));
    }

    /** Returns the running drivers that are wired to a driver, each before those that it uses. */
    List<Bundle> dependents(Bundle bundle) {
        return wiring.dependents(bundle);
    }

    /** Returns a sentence about an earlier bundle of a build that hangs and is still here; or null. */
    String hanging(Build build) {
        Bundle there = context.getBundle(build.location());
        return there == null || !abandoned.contains(there) ? null : "its bundle " + there.getBundleId()
                + " still hangs and is removed once its call returns; copy the file again then";
    }

    /** Installs a build; returns the bundle, the existing one where the build is installed already. */
    Bundle install(Build build, Path jar) throws JarRefusal {
        Bundle bundle = null;
        try (InputStream in = Files.newInputStream(jar)) {
            bundle = context.installBundle(build.location(), in);
            int level = context.getBundle().adapt(BundleStartLevel.class).getStartLevel();
            bundle.adapt(BundleStartLevel.class).setStartLevel(Math.max(1, level));
            return bundle;
        } catch (BundleException | IOException | RuntimeException | StackOverflowError e) {
            if (bundle != null) {
                uninstall(bundle);
            }
            throw new JarRefusal("the framework does not install it: " + PlainText.causes(e));
        }
    }

    /** Resolves a bundle; returns null, or why the bundle does not resolve. */
    String resolve(Bundle bundle) {
        try {
            if (wiring.resolve(bundle)) {
                return null;
            }
            String missing = new MissingRequirements(context, wiring).of(bundle);
            return missing != null ? missing : "the framework does not resolve it: " + attempt(bundle);
        } catch (RuntimeException | StackOverflowError e) { // what a manifest says may be too deep for the resolver
            return "the framework does not resolve it: " + PlainText.causes(e);
        }
    }

    /** Starts a bundle that does not resolve, since the framework then tells why. */
    private String attempt(Bundle bundle) {
        try {
            start(bundle);
            return "it did not resolve at first";
        } catch (VfioException e) {
            return e.getMessage();
        }
    }

    /** Takes note of a bundle that runs already. */
    void adopt(Bundle bundle) {
        wiring.offers(bundle);
    }

    /** Lets no more drivers be wired to a bundle, which goes on running. */
    void offersNoMore(Bundle bundle) {
        wiring.withdraws(bundle);
    }

    /**
     * Starts a bundle.
     *
     * @throws VfioException EIO with the reason; ETIMEDOUT where the bundle hangs
     */
    void start(Bundle bundle) {
        call(bundle, "start", () -> bundle.start(Bundle.START_TRANSIENT));
        wiring.offers(bundle);
    }

    /**
     * Stops a bundle.
     *
     * @throws VfioException as {@link #start}
     */
    void stop(Bundle bundle) {
        wiring.withdraws(bundle);
        call(bundle, "stop", () -> bundle.stop(Bundle.STOP_TRANSIENT));
    }

    private interface BundleCall {
        void run() throws BundleException;
    }

    private void call(Bundle bundle, String what, BundleCall act) {
        String name = bundle.getSymbolicName() + " " + bundle.getVersion();
        DriverWorker worker = workers.computeIfAbsent(bundle.getBundleId(), id -> new DriverWorker(name, fault -> { }));
        try {
            worker.call(what, limit, () -> guarded(what, name, act));
        } catch (VfioException e) {
            if (worker.fault().isPresent()) {
                abandoned.add(bundle);
            }
            throw e;
        }
    }

    private static Void guarded(String what, String name, BundleCall act) {
        try {
            act.run();
            return null;
        } catch (BundleException e) {
            // The cause may be an object of the driver's own class: its text goes on, it does not.
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new VfioException(Errno.EIO, what + " of " + name + " failed: " + PlainText.causes(cause));
        }
    }

    /** Returns the stack of a bundle's stuck call, or null where no call is stuck. */
    String fault(Bundle bundle) {
        DriverWorker worker = workers.get(bundle.getBundleId());
        return worker == null ? null : worker.fault().orElse(null);
    }

    /**
     * Uninstalls a bundle and lets go of its classes. A bundle that hangs is abandoned and not waited for: it goes once its
     * call returns.
     *
     * @return null, or why the bundle is still here
     */
    String uninstall(Bundle bundle) {
        wiring.withdraws(bundle);
        DriverWorker former = workers.remove(bundle.getBundleId());
        if (former != null) {
            former.close();
        }
        boolean hangs = abandoned.contains(bundle);
        CompletableFuture<Void> uninstalled = undertake(bundle);
        try {
            uninstalled.get(hangs ? 0 : limit.toNanos(), TimeUnit.NANOSECONDS);
            await(wiring.refresh(bundle), bundle);
            return null;
        } catch (TimeoutException e) {
            abandoned.add(bundle);
            uninstalled.thenRun(() -> wiring.refresh(bundle));
            return "its bundle " + bundle.getBundleId() + " serves nothing and is removed once its call returns";
        } catch (ExecutionException e) {
            abandoned.add(bundle);
            return "its bundle " + bundle.getBundleId() + " serves nothing and stays until the daemon restarts: "
                    + e.getCause().getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "its bundle " + bundle.getBundleId() + " is being removed";
        }
    }

    /**
     * Uninstalls on a thread of its own that is never interrupted: a bundle stuck in its start holds the framework's lock.
     */
    private static CompletableFuture<Void> undertake(Bundle bundle) {
        CompletableFuture<Void> uninstalled = new CompletableFuture<>();
        DaemonThread.start("vfio-undertaker " + bundle.getSymbolicName(), () -> {
            try {
                if (bundle.getState() != Bundle.UNINSTALLED) {
                    bundle.uninstall();
                }
                uninstalled.complete(null);
            } catch (Throwable e) { // whatever a listener of the framework throws
                uninstalled.completeExceptionally(new VfioException(Errno.EIO, PlainText.causes(e)));
            }
        });
        return uninstalled;
    }

    private void await(CountDownLatch refreshed, Bundle bundle) throws InterruptedException {
        if (!refreshed.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
            System.getLogger(DriverBundles.class.getName()).log(System.Logger.Level.WARNING,
                    "the framework is still letting go of {0}", bundle.getLocation());
        }
    }

    @Override
    public void close() {
        workers.values().forEach(DriverWorker::close);
        workers.clear();
    }
}
