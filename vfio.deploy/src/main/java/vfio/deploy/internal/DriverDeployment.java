// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleListener;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkListener;
import org.osgi.framework.ServiceException;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.Version;
import org.osgi.framework.hooks.resolver.ResolverHookFactory;
import org.osgi.framework.hooks.service.EventListenerHook;
import org.osgi.framework.hooks.service.FindHook;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.condition.Condition;
import org.osgi.service.repository.Repository;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.core.file.TrustedPath;
import vfio.core.settings.Form;
import vfio.deploy.DeployAdmin;
import vfio.deploy.UpdateAdmin;
import vfio.pci.core.admin.DriverHandover;
import vfio.pci.core.admin.DriverUpdate;

/**
 * The component that turns jars in folders into running drivers, from activation to deactivation. Builds that run then go on
 * running, and are taken over by the next activation.
 */
@Component(service = DeployAdmin.class, immediate = true, configurationPid = "vfio.deploy",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class DriverDeployment implements DeployAdmin {
    private static final Set<Integer> ARRIVALS = Set.of(BundleEvent.INSTALLED, BundleEvent.UPDATED, BundleEvent.UNINSTALLED);
    private static final Set<Integer> DEPARTURES =
            Set.of(BundleEvent.STOPPED, BundleEvent.UNRESOLVED, BundleEvent.UNINSTALLED);
    /** How long the end waits for transactions under way. */
    private static final Duration END_LIMIT = Duration.ofSeconds(15);
    /** How long the condition waits at most for drivers that start. */
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);

    private final BundleContext context;
    private final Staging staging;
    private final DriverBundles bundles;
    private final Pins pins;
    private final FileArrivals arrivals;
    private final OpenUpdates updates;
    private final Reconciler reconciler;
    private final Publication publication;
    private final JarIndex index;
    private final DeployLoop loop;
    private final FolderWatch watch;
    private final BundleListener listener = this::bundleChanged;
    private final FrameworkListener failures = this::failed;
    private volatile boolean serviceFailed;
    private final List<ServiceRegistration<?>> services = new CopyOnWriteArrayList<>();
    private volatile ServiceComponentRuntime components;

    /** Settings; PID {@code vfio.deploy}. */
    public @interface Config {
        /** The folders that are watched, and whose jars are installed. They need not exist yet. */
        String[] folders() default {};

        /** The folders that are only read, for {@link DeployAdmin#aliases} and the repository. */
        String[] shipped() default {};

        /** A folder for deployment alone, new or empty, since it is emptied again and again. Pins, holds and the journal of
         *  updates are kept beside it. */
        String staging();

        /** How long a file must not have changed, in milliseconds. */
        long quietMillis() default 50;

        /** How long a file that is no whole zip is waited for, in milliseconds. */
        long patienceMillis() default 2000;

        /** How long a driver's bundle may take to start, and to stop, in milliseconds. */
        long startLimitMillis() default 10_000;

        /** What becomes of an update whose functions cannot all go over at once: {@link UpdateAdmin.Policy}. */
        @Form(value = "all|keep|idle|drain", expected = "all, keep, idle or drain")
        String updatePolicy() default "keep";

        /** How many functions an update moves in a second at most; 0 for no limit. */
        long updateRate() default 0;

        /** After which time functions that stayed with a former build are tried again, in milliseconds. */
        long updateRetryMillis() default 5_000;

        /** How long a former build stays started at most after its functions have gone over; 0 for not at all. */
        long soakSeconds() default 30;

        /** How many calls of the next build's drivers end that time earlier; 0 where none do. */
        long soakOperations() default 0;
    }

    /**
     * Begins to watch and to deploy.
     *
     * @throws IOException with a sentence where the staging folder cannot be used
     */
    @Activate
    public DriverDeployment(BundleContext context, Config config, @Reference DriverHandover core,
            @Reference DriverUpdate exchange, @Reference EventLog events) throws IOException {
        this.context = context;
        List<Path> folders = paths(config.folders());
        Path stagingFolder = Path.of(config.staging()).toAbsolutePath().normalize();
        Journal journal = new Journal(beside(stagingFolder, ".updates"));
        Holds holds = new Holds(beside(stagingFolder, ".holds"));
        staging = new Staging(stagingFolder, () -> union(journal.digests(), holds.digests()));
        pins = new Pins(beside(stagingFolder, ".pins"));
        Duration limit = Duration.ofMillis(config.startLimitMillis());
        DriverWiring wiring = new DriverWiring(context);
        AbandonedBundles abandoned = new AbandonedBundles(core);
        bundles = new DriverBundles(context, limit, wiring, abandoned);
        Duration quiet = Duration.ofMillis(config.quietMillis());
        Duration patience = Duration.ofMillis(config.patienceMillis());
        arrivals = new FileArrivals(quiet, patience, System::nanoTime);
        Installer steps = new Installer(bundles, staging, () -> new ComponentStates(components));
        Swap swap = new Swap(bundles, steps, core, events);
        PauseHistogram pauses = new PauseHistogram();
        updates = new OpenUpdates(new UpdateMeans(exchange, core, steps, journal, events, pauses,
                new LeavingLoaders(events), settings(config), new EndSign()));
        Wishes wishes = new Wishes(pins, holds, staging);
        Transactions transactions = new Transactions(END_LIMIT, this::wake);
        reconciler = new Reconciler(staging, new Trust(TrustedPath.ofThisProcess()), bundles, swap, updates, wishes,
                new FormerRun(bundles, swap, journal, wishes, updates, transactions), transactions);
        publication = new Publication(events);
        index = new JarIndex(Stream.concat(folders.stream(), paths(config.shipped()).stream()).distinct().toList());
        services.add(context.registerService(Repository.class, new DriverRepository(index), new Hashtable<>()));
        services.add(context.registerService(ResolverHookFactory.class, wiring, new Hashtable<>()));
        services.add(context.registerService(new String[] {EventListenerHook.class.getName(), FindHook.class.getName()},
                abandoned, new Hashtable<>()));
        loop = new DeployLoop(new FolderScan(folders), arrivals, reconciler, quiet, patience, this::publish,
                this::ready, limit.compareTo(READY_LIMIT) < 0 ? limit : READY_LIMIT);
        services.add(context.registerService(UpdateAdmin.class, new UpdateRequests(loop, reconciler, updates, wishes, journal,
                new DryRun(exchange, steps), pauses), new Hashtable<>()));
        watch = new FolderWatch(folders, loop::signal);
        context.addBundleListener(listener);
        context.addFrameworkListener(failures);
        watch.start();
        loop.start();
    }

    private static Path beside(Path stagingFolder, String ending) {
        return stagingFolder.resolveSibling(stagingFolder.getFileName() + ending);
    }

    private static Set<String> union(Set<String> some, Set<String> others) {
        return Stream.concat(some.stream(), others.stream()).collect(Collectors.toSet());
    }

    private static UpdateSettings settings(Config config) {
        return UpdateSettings.of(config.updatePolicy(), config.updateRate(), config.soakSeconds(), config.soakOperations(),
                config.updateRetryMillis());
    }

    private static List<Path> paths(String... folders) {
        return Arrays.stream(folders).filter(folder -> !folder.isBlank())
                .map(folder -> Path.of(folder).toAbsolutePath().normalize()).distinct().toList();
    }

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    void addComponents(ServiceComponentRuntime runtime) {
        components = runtime;
    }

    void removeComponents(ServiceComponentRuntime runtime) {
        if (components == runtime) {
            components = null;
        }
    }

    /** Looks again: a driver that did not resolve may do so now, and a driver's bundle may have been stopped by others. */
    private void bundleChanged(BundleEvent event) {
        if (!DriverBundles.isOurs(event.getBundle())) {
            if (ARRIVALS.contains(event.getType())) {
                loop.signal();
            }
        } else if (DEPARTURES.contains(event.getType())) {
            loop.wake();
        }
    }

    /** Takes note that a service could not be had; the framework names the bundle that asked, not the one that serves. */
    private void failed(FrameworkEvent event) {
        serviceFailed |= event.getThrowable() instanceof ServiceException;
    }

    /** Wakes the loop, which is made after the objects that wake it. */
    private void wake() {
        loop.wake();
    }

    private void publish() {
        publication.publish(reconciler, arrivals.waiting());
        updates.showHeld(reconciler.held());
    }

    /** Registers the condition, once and on the deploy thread. */
    private void ready() {
        services.add(context.registerService(Condition.class, Condition.INSTANCE,
                new Hashtable<>(Map.of(Condition.CONDITION_ID, "vfio.deploy.scanned"))));
    }

    /** Ends watching and deploying; leaves no thread and no staged file. */
    @Deactivate
    void deactivate() {
        context.removeBundleListener(listener);
        context.removeFrameworkListener(failures);
        watch.close();
        loop.close();
        services.forEach(ServiceRegistration::unregister);
        bundles.close();
        staging.close();
    }

    @Override
    public List<FileRow> files() {
        return publication.rows();
    }

    @Override
    public List<DriverBundleRow> drivers() {
        return new DriverRows(context, new ComponentStates(components), serviceFailed, publication.views()).rows();
    }

    @Override
    public List<String> aliases() {
        return index.aliases();
    }

    @Override
    public List<PinRow> pins() {
        return pins.all().entrySet().stream().map(pin -> new PinRow(pin.getKey(), pin.getValue().toString())).toList();
    }

    @Override
    public void pin(String symbolicName, String version) {
        Version wanted;
        try {
            wanted = Version.parseVersion(version);
        } catch (IllegalArgumentException e) {
            throw new VfioException(Kind.UNREADABLE, Errno.EINVAL,
                    "cannot pin " + symbolicName + ": '" + version + "' is no version");
        }
        loop.ask("pin " + symbolicName, () -> {
            List<Version> here = reconciler.files().all().stream()
                    .filter(file -> file.usable() && file.build.symbolicName().equals(symbolicName))
                    .map(file -> file.build.version()).sorted().distinct().toList();
            if (!here.contains(wanted)) {
                throw new VfioException(Kind.UNKNOWN_NAME, Errno.ENOENT, "cannot pin " + symbolicName + " to " + wanted
                        + (here.isEmpty() ? ": no usable file of that name is here; see files" : ": its usable versions are "
                        + here.stream().map(Version::toString).collect(Collectors.joining(", "))));
            }
            pins.set(symbolicName, wanted);
            return null;
        });
    }

    @Override
    public void unpin(String symbolicName) {
        loop.ask("unpin " + symbolicName, () -> {
            if (pins.of(symbolicName) == null) {
                throw new VfioException(Errno.ENOENT, "cannot unpin " + symbolicName + ": it is not pinned");
            }
            pins.set(symbolicName, null);
            return null;
        });
    }

    @Override
    public void rescan() {
        loop.ask("rescan", () -> null);
    }
}
