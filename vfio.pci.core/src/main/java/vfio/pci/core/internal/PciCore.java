// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.condition.Condition;
import vfio.core.EventLog;
import vfio.core.SharedMemory;
import vfio.core.settings.Form;
import vfio.iommu.Iommu;
import vfio.pci.core.PciDriver;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.bus.PciFunction.Host;
import vfio.pci.core.internal.bind.Binder;
import vfio.pci.core.internal.bind.Departures;
import vfio.pci.core.internal.bind.DriverExchange;
import vfio.pci.core.internal.bind.Rebind;
import vfio.pci.core.internal.bind.VirtualFunctions;
import vfio.pci.core.internal.function.FunctionSettings;
import vfio.pci.core.internal.open.DeviceOpener;
import vfio.pci.core.internal.policy.BundleUpdates;
import vfio.pci.core.internal.policy.BusArrivals;
import vfio.pci.core.internal.policy.DriverArrivals;
import vfio.pci.core.internal.policy.Matching;
import vfio.pci.core.internal.policy.OperatorActs;
import vfio.pci.core.internal.policy.Policies;
import vfio.pci.core.internal.policy.PolicyActs;
import vfio.pci.core.internal.slot.BindPolicy;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.DriverSettings;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Functions;
import vfio.pci.core.internal.slot.Guards;
import vfio.pci.core.internal.slot.IommuMembers;

/**
 * The component that drivers and buses arrive at, and that owns every object between them. It lives as long as its bundle;
 * drivers and buses come and go.
 */
@Component(service = PciCore.class, immediate = true, configurationPid = "vfio.pci.core")
public final class PciCore {
    private static final System.Logger LOG = System.getLogger(PciCore.class.getName());

    /** Settings, PID {@code vfio.pci.core}. */
    @interface Config {
        /** {@code merged} or {@code strict-rfc}. */
        @Form(value = "merged|strict-rfc", expected = "merged or strict-rfc")
        String rules() default "merged";

        /** How long a call of a driver may take, in ms; 0 for 10 s. */
        long probeLimitMillis() default 10_000;

        /** How long users have to let go of a function on the orderly road, in ms; 0 for no wait at all, at most a day. */
        long drainMillis() default 10_000;

        /** Policies from the start: {@code PATTERN=POLICY}. */
        @Form(value = "\\s*([^=]*[*?][^=]*|[^=]*[0-9a-fA-F]+:[0-9a-fA-F]+\\.[0-7])\\s*=\\s*(manual|auto|pinned[ :]+\\S+)\\s*",
                expected = "PATTERN=POLICY, such as 0000:01:*=auto, 0000:01:00.0=manual, or '*=pinned vfio-pci'")
        String[] policies() default {};
    }

    private final EventLog events;
    private final DriverRegistry registry;
    private final Functions functions = new Functions();
    private final Policies policies = new Policies();
    private final Binder binder;
    private final DeviceOpener openings;
    private final IommuMembers members;
    private final Departures departures;
    private final Rebind rebind;
    private final DriverExchange exchange;
    private final BundleUpdates updates;
    private final Matching matching;
    private final OperatorActs acts;
    private final PolicyActs policyActs;
    private final DriverArrivals arrivals;
    private final BusArrivals buses;
    private final AtomicInteger conditions = new AtomicInteger();
    private volatile CoreSettings settings;
    /** The source of memory for drivers and programs; null for memory of this process. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policyOption = ReferencePolicyOption.GREEDY)
    private volatile SharedMemory.Source source;

    /**
     * Starts the core with its settings.
     *
     * @throws VfioException EINVAL for settings that cannot be understood: then the component does not start, so that nothing
     *     is matched by half of them
     */
    @Activate
    public PciCore(@Reference EventLog events, Config config, BundleContext context) {
        this.events = events;
        settings = CoreSettings.of(config);
        registry = new DriverRegistry(settings.rules());
        binder = new Binder(registry, functions, this::functionSettings, events, this::idle, this::drain, this::allocate);
        Iommu iommu = new Iommu();
        openings = new DeviceOpener(functions, binder.hotReset(), iommu);
        members = new IommuMembers(iommu, openings, events);
        departures = new Departures(binder);
        rebind = new Rebind(binder, events);
        exchange = new DriverExchange(binder, registry, this::functionSettings, events);
        updates = new BundleUpdates(registry, exchange);
        matching = new Matching(registry, functions, binder, rebind, departures, updates, events);
        acts = new OperatorActs(registry, functions, policies, binder, rebind, matching, events, this::drain);
        policyActs = new PolicyActs(registry, functions, policies, matching, events);
        arrivals = new DriverArrivals(registry, functions, departures, matching, events, context,
                () -> settings.limit());
        buses = new BusArrivals(functions, events, new Announced());
        setPolicies(Map.of());
    }

    /** Allocates memory of the best source that is there. */
    public SharedMemory allocate(String name, long size) {
        SharedMemory.Source best = source;
        return best == null ? SharedMemory.ofProcess(size) : best.allocate(name, size);
    }

    private FunctionSettings functionSettings(String driver) {
        return arrivals.functionSettings(driver);
    }

    /** Takes over changed settings; those that cannot be understood stay as they were. */
    @Modified
    void modified(Config changed) {
        CoreSettings before = settings;
        settings = CoreSettings.changed(changed, before, this::settingRefused);
        registry.rules(settings.rules());
        setPolicies(before.policies());
        matching.requestAll();
    }

    private void settingRefused(String why) {
        LOG.log(Level.WARNING, why + "; it stays as it was");
        events.record("setting-refused", "vfio.pci.core", why + "; it stays as it was");
    }

    /** Sets the policies that are new among the settings: an older line must not undo what an operator has set since. */
    private void setPolicies(Map<String, BindPolicy> before) {
        settings.policies().forEach((pattern, policy) -> {
            if (!policy.equals(before.get(pattern))) {
                policies.set(pattern, policy);
            }
        });
        functions.all().forEach(slot -> policyActs.apply(slot, policies::of));
    }

    @Deactivate
    void deactivate() {
        matching.close(Duration.ZERO); // also where matching never opened: the operator may have bound functions
        arrivals.close();
    }

    private void idle(FunctionSlot slot) {
        matching.request(slot);
    }

    public DriverRegistry registry() {
        return registry;
    }

    public Functions functions() {
        return functions;
    }

    public Policies policies() {
        return policies;
    }

    public Binder binder() {
        return binder;
    }

    public Departures departures() {
        return departures;
    }

    public DriverExchange exchange() {
        return exchange;
    }

    public BundleUpdates updates() {
        return updates;
    }

    public Matching matching() {
        return matching;
    }

    public VirtualFunctions virtualFunctions() {
        return binder.virtualFunctions();
    }

    public IommuMembers members() {
        return members;
    }

    public DeviceOpener openings() {
        return openings;
    }

    public OperatorActs acts() {
        return acts;
    }

    public PolicyActs policyActs() {
        return policyActs;
    }

    public DriverArrivals arrivals() {
        return arrivals;
    }

    public EventLog events() {
        return events;
    }

    public Collection<PciBus> buses() {
        return buses.all();
    }

    public Duration drain() {
        return settings.drain();
    }

    /** Opens matching: drivers and buses have settled. Without this condition nothing binds by itself. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY, target = "(osgi.condition.id=vfio.settled)")
    void addCondition(Condition settled) {
        conditions.incrementAndGet();
        matching.open();
    }

    void removeCondition(Condition settled) {
        if (conditions.decrementAndGet() == 0) { // else DS has bound another condition before this
            matching.close(drain());
        }
    }

    @Reference(service = PciDriver.class, cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addDriver(ServiceReference<PciDriver> reference) {
        arrivals.add(reference);
    }

    void removeDriver(ServiceReference<PciDriver> reference) {
        arrivals.remove(reference);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addSettings(DriverSettings settings) {
        arrivals.addSettings(settings);
    }

    void updatedSettings(DriverSettings settings) {
        arrivals.updatedSettings(settings);
    }

    void removeSettings(DriverSettings settings) {
        arrivals.removeSettings(settings);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addBus(PciBus bus) {
        buses.add(bus);
    }

    void removeBus(PciBus bus) {
        buses.remove(bus);
    }

    /** The acts on functions that a bus announces or takes back. */
    private final class Announced implements BusArrivals.Arrivals {
        @Override
        public void prepare(FunctionSlot slot) {
            slot.policy(policies.of(slot));
        }

        @Override
        public void added(FunctionSlot slot) {
            members.added(slot);
            binder.virtualFunctions().added(slot);
            policyActs.apply(slot, policies::of); // a policy that was set since prepare has missed the function
            events.record("function-added", slot.name(), slot.function().key().toString());
            matching.request(slot);
        }

        @Override
        public void rebound(FunctionSlot slot) {
            String driver = slot.function().host().map(Host::driver).orElse(null);
            events.record("host-driver", slot.name(), driver == null ? "none" : driver);
            if (slot.bound() != null && !Guards.given(slot)) {
                departures.detachNow(List.of(slot)); // the host has the function back already
            }
            matching.request(slot);
        }

        @Override
        public void removed(List<FunctionSlot> slots) {
            departures.detachNow(slots);
            slots.forEach(members::removed);
        }

        @Override
        public void forget(PciBus bus) {
            members.forget(bus);
        }
    }
}
