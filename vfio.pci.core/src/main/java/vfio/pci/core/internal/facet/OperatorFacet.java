// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.facet;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.core.Errno;
import vfio.core.VfioException.Kind;
import vfio.core.VfioException;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.PciCore;
import vfio.pci.core.internal.match.DynamicIds;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.RegisteredDriver;
import vfio.pci.core.snapshot.FunctionSnapshot;

/** The facet of the core for operators, who look at functions and drivers and bring them together. */
@Component
public final class OperatorFacet implements PciAdmin {
    private final PciCore core;

    @Activate
    public OperatorFacet(@Reference PciCore core) {
        this.core = core;
    }

    @Override
    public Status status() {
        int wanted = core.matching().wanted(); // read first: where none is wanted, all bound ones are counted below
        int total = 0;
        int bound = 0;
        int unmet = 0;
        Map<PciBus, Integer> onBus = new HashMap<>();
        for (FunctionSlot slot : core.functions().unordered()) {
            total++;
            onBus.merge(slot.bus(), 1, Integer::sum);
            bound += slot.bound() == null ? 0 : 1;
            unmet += slot.unmet() == null ? 0 : 1;
        }
        DriverRegistry.Snapshot drivers = core.registry().snapshot();
        List<BusRow> buses = core.buses().stream()
                .map(bus -> new BusRow(bus.name(), bus.virtualization().toString(), bus.bindable(),
                        onBus.getOrDefault(bus, 0)))
                .sorted(Comparator.comparing(BusRow::name)).toList();
        return new Status(buses, core.matching().isOpen(), drivers.index().rules().text(), total, bound,
                wanted, unmet, drivers.serving().size());
    }

    @Override
    public Stream<FunctionSnapshot> snapshot(String bus, Consumer<String> unread) {
        return BusSnapshot.of(core, bus, unread);
    }

    @Override
    public List<FunctionRow> functions() {
        return FunctionRows.functions(core.functions().all());
    }

    @Override
    public FunctionDetail function(String name) {
        return FunctionRows.detail(core.functions().named(name), core.registry().snapshot());
    }

    @Override
    public List<DriverRow> drivers() {
        DriverRegistry.Snapshot drivers = core.registry().snapshot();
        Map<RegisteredDriver, Integer> bound = new HashMap<>();
        for (FunctionSlot slot : core.functions().unordered()) {
            FunctionSlot.Bound now = slot.bound();
            if (now != null) {
                bound.merge(now.driver(), 1, Integer::sum);
            }
        }
        List<DriverRow> rows = new ArrayList<>();
        drivers.all()
                .map(driver -> FunctionRows.driver(driver, drivers,
                        core.registry().dynamicIds(driver.name()).texts(), bound.getOrDefault(driver, 0)))
                .forEach(rows::add);
        core.arrivals().refused().stream().map(refused -> new DriverRow(refused.driver(), null, null, true,
                refused.bundle().toString(), refused.bundle().id(), "refused", refused.reason(), 0, 0, 0,
                List.of()))
                .forEach(rows::add);
        rows.sort(Comparator.comparing(DriverRow::driver));
        return rows;
    }

    @Override
    public List<CandidateRow> candidates(String name) {
        return CandidateRows.of(core.functions().named(name), core.registry().snapshot());
    }

    @Override
    public List<CandidateRow> candidatesFor(String modalias) {
        return CandidateRows.ofModalias(modalias, core.registry().snapshot());
    }

    @Override
    public CandidateRow why(String name, String driver) {
        return CandidateRows.why(core.functions().named(name), driver, core.registry().snapshot());
    }

    @Override
    public Outcome bind(String name, String driver, HostRequest host, boolean dryRun) {
        return core.acts().bind(name, driver, host, dryRun);
    }

    @Override
    public Outcome unbind(String name) {
        return core.acts().unbind(name);
    }

    @Override
    public Outcome unbindToHost(String name, boolean dryRun) {
        return core.acts().unbindToHost(name, dryRun);
    }

    @Override
    public List<Outcome> probeAll() {
        return core.acts().probeAll();
    }

    @Override
    public Outcome override(String name, String text) {
        return core.acts().override(name, text);
    }

    @Override
    public List<Outcome> policy(String pattern, String policy, boolean dryRun) {
        return core.policyActs().set(pattern, policy, dryRun);
    }

    @Override
    public List<Outcome> removePolicy(String pattern, boolean dryRun) {
        return core.policyActs().remove(pattern, dryRun);
    }

    @Override
    public List<PolicyRow> policies() {
        return core.policies().all().entrySet().stream()
                .map(entry -> new PolicyRow(entry.getKey(), entry.getValue().toString())).toList();
    }

    @Override
    public Outcome newId(String driver, String text) {
        List<PciDeviceId> table = known(driver).ids().table();
        return change(driver, "new_id " + text, ids -> ids.add(text, table), Errno.EEXIST);
    }

    @Override
    public Outcome removeId(String driver, String text) {
        known(driver);
        return change(driver, "remove_id " + text, ids -> ids.remove(text), Errno.ENODEV);
    }

    private RegisteredDriver known(String driver) {
        RegisteredDriver known = core.registry().snapshot().driver(driver);
        if (known == null) {
            throw new VfioException(Kind.UNKNOWN_NAME, Errno.ENODEV,
                    "change the ids of " + driver + ": " + core.registry().snapshot().missing(driver));
        }
        return known;
    }

    /**
     * Changes a driver's dynamic ids.
     *
     * @param already the errno by which the kernel says that nothing is to be changed
     */
    private Outcome change(String driver, String step, UnaryOperator<DynamicIds> change, Errno already) {
        try {
            core.registry().dynamicIds(driver, change);
        } catch (VfioException e) {
            if (e.errno() != already) {
                throw e;
            }
            return new Outcome(null, driver, false, false, List.of(e.sentence()));
        }
        core.events().record("driver-settings", driver, step);
        core.matching().requestAll();
        return new Outcome(null, driver, false, true, List.of(step));
    }

    @Override
    public List<String> aliases() {
        return core.registry().snapshot().serving().values().stream().map(RegisteredDriver::ids)
                .flatMap((DriverIds ids) -> ids.aliasLines().stream()).map(Object::toString).sorted().distinct().toList();
    }
}
