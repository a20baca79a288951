// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import vfio.core.EventLog;
import vfio.core.driver.DriverWorker;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.internal.assembly.DriverService;
import vfio.pci.core.internal.assembly.StateVersions;
import vfio.pci.core.internal.bind.Departures;
import vfio.pci.core.internal.function.FunctionSettings;
import vfio.pci.core.internal.match.DynamicIds;
import vfio.pci.core.internal.slot.BundleIdentity;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.DriverSettings;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Functions;
import vfio.pci.core.internal.slot.RegisteredDriver;

/**
 * The arrival and departure of drivers, as their services come and go. Only the properties of a service are read; its
 * component is activated at the first bind, on the worker of its bundle.
 */
public final class DriverArrivals {
    private static final System.Logger LOG = System.getLogger(DriverArrivals.class.getName());
    private static final String NAME = "[\\x21-\\x7e&&[^/,]]{1,64}";

    /** A driver that is refused, since its properties cannot be used. */
    public record Refused(String driver, BundleIdentity bundle, String reason) {
    }

    private final DriverRegistry registry;
    private final Functions functions;
    private final Departures departures;
    private final Matching matching;
    private final EventLog events;
    private final BundleContext context;
    private final Supplier<Duration> limit;
    private final Map<ServiceReference<PciDriver>, RegisteredDriver> drivers = new HashMap<>();
    private final Map<ServiceReference<PciDriver>, Refused> refused = new ConcurrentHashMap<>();
    private final Map<BundleIdentity, DriverWorker> workers = new HashMap<>();
    private final Map<String, DriverSettings> settings = new ConcurrentHashMap<>();
    private final Map<String, DynamicIds> given = new ConcurrentHashMap<>();
    /** Numbers of bundles whose drivers are no longer taken. */
    private final Set<Long> givenUp = new HashSet<>();

    public DriverArrivals(DriverRegistry registry, Functions functions, Departures departures, Matching matching,
            EventLog events, BundleContext context, Supplier<Duration> limit) {
        this.registry = registry;
        this.functions = functions;
        this.departures = departures;
        this.matching = matching;
        this.events = events;
        this.context = context;
        this.limit = limit;
    }

    public void add(ServiceReference<PciDriver> reference) {
        if (reference.getBundle() == null) {
            return; // the service was unregistered since
        }
        BundleIdentity bundle = BundleIdentity.of(reference);
        DriverIds ids;
        StateVersions states;
        try {
            Map<String, Object> properties = properties(reference);
            ids = ids(properties);
            states = StateVersions.from(properties, PciIds.PREFIX_);
        } catch (Throwable e) { // a list among the properties may be of a class of the bundle, and throw anything
            refuse(reference, bundle, e.getClass() == IllegalArgumentException.class ? e.getMessage()
                    : "reading its properties threw " + e.getClass().getName());
            return;
        }
        RegisteredDriver driver = registered(reference, bundle, ids, states);
        if (driver == null) {
            return; // the driver's bundle was given up
        }
        String withheld = registry.snapshot().withheld().get(driver);
        events.record("driver-arrived", driver.name(), "from " + bundle + (withheld == null ? "" : "; " + withheld));
        if (withheld == null) {
            matching.arrived(driver.name());
        }
    }

    private void refuse(ServiceReference<PciDriver> reference, BundleIdentity bundle, String why) {
        String name = reference.getProperty("vfio.pci.driver") instanceof String text ? text : "";
        refused.put(reference, new Refused(name, bundle, why));
        events.record("driver-refused", bundle.toString(), why);
        LOG.log(Level.WARNING, "a driver of " + bundle + " is refused: " + why);
    }

    /**
     * Registers a driver together with its worker under one lock, so that the worker is not closed for want of drivers just
     * before it gets this one, and no worker is taken while the bundle is given up.
     */
    private synchronized RegisteredDriver registered(ServiceReference<PciDriver> reference, BundleIdentity bundle,
            DriverIds ids, StateVersions states) {
        if (givenUp.contains(bundle.id())) {
            return null;
        }
        RegisteredDriver driver =
                new RegisteredDriver(ids, bundle, states, source(reference), worker(bundle), () -> limit(ids.driver()));
        drivers.put(reference, driver);
        registry.add(driver);
        return driver;
    }

    private static Map<String, Object> properties(ServiceReference<PciDriver> reference) {
        Map<String, Object> properties = new HashMap<>();
        for (String key : reference.getPropertyKeys()) {
            properties.put(key, reference.getProperty(key));
        }
        return properties;
    }

    private static DriverIds ids(Map<String, Object> properties) {
        Object ranking = properties.get(Constants.SERVICE_RANKING);
        DriverIds ids = DriverIds.from(properties, PciIds.PREFIX_, ranking instanceof Integer number ? number : 0);
        for (String name : List.of(ids.driver(), ids.module(), ids.ops())) {
            if (!name.matches(NAME)) {
                throw new IllegalArgumentException("a driver's names have 1 to 64 printable ASCII characters without blank, "
                        + "slash and comma; '" + name.replaceAll("\\p{Cntrl}", "?") + "' does not");
            }
        }
        return ids;
    }

    private DriverService.Source source(ServiceReference<PciDriver> reference) {
        return new DriverService.Source() {
            @Override
            public PciDriver take() {
                return context.getService(reference);
            }

            @Override
            public void release() {
                context.ungetService(reference);
            }
        };
    }

    /**
     * Returns the worker for a build of a bundle: one for each, so that a faulty driver stays faulty however often it
     * registers again.
     */
    private DriverWorker worker(BundleIdentity bundle) {
        return workers.computeIfAbsent(bundle, b -> new DriverWorker(b.toString(), fault -> {
            events.record("driver-faulty", b.toString(), fault);
            registry.refresh();
            matching.requestAll();
        }));
    }

    private Duration limit(String driver) {
        DriverSettings own = settings.get(driver);
        return own == null ? limit.get() : own.limit().orElseGet(limit);
    }

    /**
     * Takes away a driver whose service is being unregistered; its functions go the disorderly road before this call returns.
     */
    public void remove(ServiceReference<PciDriver> reference) {
        refused.remove(reference);
        RegisteredDriver driver;
        synchronized (this) {
            driver = drivers.remove(reference);
        }
        if (driver == null) {
            return;
        }
        depart(List.of(driver));
        matching.requestAll();
    }

    /**
     * Takes away all drivers of a bundle, on the disorderly road as {@link #remove}, and takes none from this bundle any
     * more.
     */
    public void giveUp(long bundleId) {
        List<RegisteredDriver> hers = new ArrayList<>();
        synchronized (this) {
            givenUp.add(bundleId);
            drivers.values().removeIf(driver -> driver.bundle().id() == bundleId && hers.add(driver));
        }
        refused.values().removeIf(one -> one.bundle().id() == bundleId);
        depart(hers);
        matching.requestAll();
    }

    private void depart(List<RegisteredDriver> leaving) {
        registry.remove(leaving);
        Set<RegisteredDriver> gone = Set.copyOf(leaving);
        List<FunctionSlot> theirs = new ArrayList<>();
        for (FunctionSlot slot : functions.unordered()) {
            slot.failures().keySet().stream().filter(gone::contains).forEach(slot::forgive);
            FunctionSlot.Bound bound = slot.bound();
            if (bound != null && gone.contains(bound.driver())) {
                theirs.add(slot);
            }
        }
        departures.detachNow(theirs);
        for (RegisteredDriver driver : leaving) {
            closeWorker(driver);
            events.record("driver-left", driver.name(), "from " + driver.bundle());
        }
    }

    private synchronized void closeWorker(RegisteredDriver driver) {
        boolean last = drivers.values().stream().noneMatch(other -> other.worker() == driver.worker());
        if (last && driver.worker().fault().isEmpty()) {
            workers.remove(driver.bundle());
            driver.worker().close();
        }
    }

    /** Returns what an operator has set for the functions of a driver. */
    public FunctionSettings functionSettings(String driver) {
        DriverSettings own = settings.get(driver);
        return own == null ? FunctionSettings.DEFAULT : own.functions();
    }

    public void addSettings(DriverSettings added) {
        settings.put(added.driver(), added);
        DynamicIds ids = added.ids();
        given.put(added.driver(), ids);
        registry.dynamicIds(added.driver(), all -> ids.and(all));
        matching.requestAll();
    }

    /** Takes over changed settings; a setting that was refused is recorded, and all stay as they were then. */
    public void updatedSettings(DriverSettings updated) {
        updated.problems().forEach(why -> events.record("setting-refused", updated.driver(), why));
        DynamicIds before = given.put(updated.driver(), updated.ids());
        registry.dynamicIds(updated.driver(), all -> updated.ids().and(before == null ? all : all.without(before)));
        matching.requestAll();
    }

    /** Takes away settings with their dynamic ids; the ids that an operator has added stay. */
    public void removeSettings(DriverSettings removed) {
        if (settings.remove(removed.driver(), removed)) {
            DynamicIds ids = given.remove(removed.driver());
            registry.dynamicIds(removed.driver(), all -> all.without(ids));
        }
    }

    /** Returns the refused drivers, which a list shows with the reason. */
    public List<Refused> refused() {
        return List.copyOf(new TreeMap<>(refused).values());
    }

    public synchronized void close() {
        workers.values().forEach(DriverWorker::close);
    }
}
