// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.match;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.internal.bind.BindAttempt;
import vfio.pci.core.internal.match.Candidate;
import vfio.pci.core.internal.match.DynamicIds;
import vfio.pci.core.internal.match.MatchIndex;
import vfio.pci.core.internal.match.MatchRules;
import vfio.pci.core.internal.policy.OperatorActs;
import vfio.pci.core.internal.policy.Resolver.Situation;
import vfio.pci.core.internal.policy.Resolver;
import vfio.pci.core.internal.slot.BindPolicy;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Guards;
import vfio.pci.core.internal.slot.OverrideOrigin;
import vfio.realworld.oracle.OracleDrivers;

/**
 * What the core's classes say of an operation: {@link MatchIndex} which driver matches by which entry, {@link Resolver} which
 * are tried by themselves, {@link DynamicIds} what new_id and remove_id answer, {@link OperatorActs} what an override means,
 * {@link Guards} what vfio-pci refuses. The rest is drivers/base: who asks them when.
 */
final class Twin {
    /** What the drivers of the module answer to a probe, by the low three bits of driver_data; see vfio_oracle.c. */
    private static final int[] ANSWERS = {0, 0, 0, 0, 0, Errno.ENODEV.number(), Errno.EIO.number(), 0};
    private static final int MOST_VFS = 2;

    /** In the order in which the kernel knows them. */
    private final List<DriverIds> drivers;
    private final Map<String, DynamicIds> dynamic = new HashMap<>();
    private final Map<String, State> states = new TreeMap<>();
    private final PciBus bus = new NoBus();
    private MatchIndex index;
    private int automatic;
    private int otherOrder;

    /** A function and what has become of it; {@code entry} is the one by which its driver was probed. */
    static final class State {
        final TwinFunction function;
        private final FunctionSlot slot;
        String override;
        String driver;
        Candidate by;

        private State(TwinFunction function, PciBus bus) {
            this.function = function;
            slot = new FunctionSlot(bus, function);
        }
    }

    /** The place where the functions are; nobody listens to it. */
    private record NoBus() implements PciBus {
        @Override
        public String name() {
            return "guest";
        }

        @Override
        public Virtualization virtualization() {
            return Virtualization.HOST;
        }

        @Override
        public AutoCloseable announce(Listener listener) {
            return () -> { };
        }
    }

    /** Registers the drivers, in their order, with functions that have none. */
    Twin(List<DriverIds> drivers, List<TwinFunction> functions) {
        this.drivers = drivers;
        functions.forEach(function -> states.put(function.address().toString(), new State(function, bus)));
        rebuild();
        drivers.forEach(driver -> attachAll(driver.driver()));
    }

    /** By name. */
    Map<String, State> states() {
        return states;
    }

    List<DriverIds> drivers() {
        return drivers;
    }

    DynamicIds dynamic(String driver) {
        return dynamic.getOrDefault(driver, DynamicIds.NONE);
    }

    /** How often a function was given to drivers by itself, and more than one would have had it. */
    int automatic() {
        return automatic;
    }

    /** In how many of these the resolver's first, the most specific, is not the one registered first. */
    int otherOrder() {
        return otherOrder;
    }

    /**
     * Does it.
     *
     * @return 0, or the errno
     */
    int answer(Operation operation) {
        String subject = operation.subject();
        String text = operation.text();
        try {
            switch (operation.kind()) {
                case OVERRIDE -> override(states.get(subject), text);
                case NEW_ID -> newId(subject, text);
                case REMOVE_ID -> changeIds(subject, dynamic(subject).remove(text));
                case BIND -> bind(subject, named(text));
                case UNBIND -> unbind(subject, named(text));
                case PROBE -> probeByItself(named(text));
                case AUTOPROBE -> states.get(subject).function.autoprobe = Switches.bool(text);
                case VFS -> configure(states.get(subject), Switches.number(text));
            }
            return 0;
        } catch (VfioException e) {
            return e.errno().number();
        }
    }

    /** As sysfs_streq, lib/string_helpers.c: one line's end may follow. */
    private State named(String text) {
        State state = states.get(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
        if (state == null) {
            throw new VfioException(Errno.ENODEV, "no such function");
        }
        return state;
    }

    private static void override(State state, String text) {
        String kept = OperatorActs.overrideOf(state.slot.name(), text);
        state.override = kept.isEmpty() ? null : kept;
    }

    private void newId(String driver, String text) {
        changeIds(driver, dynamic(driver).add(text, ids(driver).table()));
        attachAll(driver);
    }

    private DriverIds ids(String driver) {
        return drivers.stream().filter(ids -> ids.driver().equals(driver)).findFirst().orElseThrow();
    }

    private void changeIds(String driver, DynamicIds changed) {
        dynamic.put(driver, changed);
        rebuild();
    }

    private void rebuild() {
        index = MatchIndex.of(MatchRules.MERGED,
                drivers.stream().map(ids -> ids.withDynamic(dynamic(ids.driver()).ids())).toList());
    }

    /** bind_store, drivers/base/bus.c. */
    private void bind(String driver, State state) {
        if (!index.explain(state.function.key(), state.override, driver).matches()) {
            throw new VfioException(Errno.ENODEV, "it does not match");
        }
        probe(state, driver);
    }

    private static void unbind(String driver, State state) {
        if (!driver.equals(state.driver)) {
            throw new VfioException(Errno.ENODEV, "it is not bound to " + driver);
        }
        state.driver = null;
    }

    /** driver_attach, drivers/base/dd.c: a driver is given what it matches, and its answers are forgotten. */
    private void attachAll(String driver) {
        for (State state : states.values()) {
            if (index.explain(state.function.key(), state.override, driver).matches()) {
                tried(state, driver);
            }
        }
    }

    private boolean tried(State state, String driver) {
        try {
            probe(state, driver);
            return true;
        } catch (VfioException refused) {
            return false;
        }
    }

    /** device_attach, drivers/base/dd.c: what the resolver would try, but in the order of registration. */
    private void probeByItself(State state) {
        Situation situation = new Situation(state.function.key(), false, false, true, true, probed(state), state.override,
                state.override == null ? null : OverrideOrigin.COMMAND, BindPolicy.MANUAL, state.driver, Set.of());
        List<String> wanted = Resolver.choose(situation, index).attempts().stream().map(BindAttempt::target).toList();
        String first = null;
        for (DriverIds driver : drivers) {
            if (wanted.contains(driver.driver()) && tried(state, driver.driver())) {
                first = driver.driver();
                break;
            }
        }
        if (first != null && wanted.size() > 1) {
            automatic++;
            otherOrder += wanted.get(0).equals(first) ? 0 : 1;
        }
    }

    private boolean probed(State state) {
        return state.function.physicalFunction().map(pf -> states.get(pf.toString()).function.autoprobe).orElse(true);
    }

    /** __driver_probe_device of drivers/base/dd.c, pci_device_probe of drivers/pci/pci-driver.c. */
    private void probe(State state, String driver) {
        if (state.driver != null) {
            throw new VfioException(Errno.EBUSY, "it is bound");
        }
        if (!probed(state) && state.override == null) {
            throw new VfioException(Errno.ENODEV, "it is a VF that is not probed");
        }
        Candidate candidate = index.explain(state.function.key(), state.override, driver);
        if (driver.equals(OracleDrivers.GENERIC)) {
            Guards.refusal(state.slot).ifPresent(refusal -> {
                throw refusal.exception();
            });
        } else if (!driver.equals(OracleDrivers.STUB)) {
            int answer = ANSWERS[(int) candidate.entry().driverData() & ANSWERS.length - 1];
            if (answer != 0) {
                throw new VfioException(Errno.of(answer).orElseThrow(), "the driver declines");
            }
        }
        state.driver = driver;
        state.by = candidate;
    }

    /** sriov_numvfs_store, drivers/pci/iov.c; the module's drivers have pci_sriov_configure_simple, the others nothing. */
    private void configure(State state, int count) {
        TwinFunction function = state.function;
        if (count > MOST_VFS) {
            throw new VfioException(Errno.ERANGE, "it has " + MOST_VFS + " VFs");
        }
        if (count == function.virtual.size()) {
            return;
        }
        if (state.driver == null || state.driver.equals(OracleDrivers.STUB) || state.driver.equals(OracleDrivers.GENERIC)) {
            throw new VfioException(Errno.ENOENT, "no driver that makes VFs");
        }
        if (count > 0 && !function.virtual.isEmpty()) {
            throw new VfioException(Errno.EBUSY, "it has VFs");
        }
        if (count == 0) {
            function.virtual.forEach(address -> states.remove(address.toString()));
            function.virtual.clear();
        }
        for (int i = 0; i < count; i++) {
            add(function, i);
        }
    }

    /** VFs of QEMU's NVMe controller follow it at once, with its ids. */
    private void add(TwinFunction physical, int number) {
        PciAddress address = physical.address().withRoutingId(physical.address().routingId() + 1 + number);
        DeviceKey key = physical.key();
        State state = new State(new TwinFunction(address, key, 0, physical.address()), bus);
        states.put(address.toString(), state);
        physical.virtual.add(address);
        probeByItself(state);
    }
}
