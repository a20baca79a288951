// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.Sriov;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.pci.core.bus.PciBus.Listener;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

/**
 * The functions that are present, and what coming and going does to their neighbours.
 *
 * <p>Lock order: this table, then a function, then its config space. Of what is outside
 * only the source of memory is called with any of them held.
 */
final class FunctionTable {
    private final NavigableMap<PciAddress, EmulatedFunction> functions = new TreeMap<>();
    private final IommuGroups groups = new IommuGroups();
    private final Bridges bridges = new Bridges();
    private final SharedMemory.Source memory;
    private final DeviceModels models;
    private final BusResets resets = new BusResets(this);
    private final VfEnable virtual = new VfEnable(this, functions, groups);
    private Announcer announcer;

    FunctionTable(SharedMemory.Source memory, DeviceModels models) {
        this.memory = memory;
        this.models = models;
    }

    DeviceModels models() {
        return models;
    }

    BusResets resets() {
        return resets;
    }

    SharedMemory.Source memory() {
        return memory;
    }

    AutoCloseable announce(Listener listener) {
        Announcer mine;
        synchronized (this) {
            if (announcer != null) {
                throw new VfioException(Errno.EBUSY, "announce the emulated bus: it has a listener; close that one first");
            }
            mine = new Announcer(listener, functions.values());
            announcer = mine;
        }
        mine.tellFirst();
        return () -> silence(mine);
    }

    private void silence(Announcer its) {
        its.close();
        synchronized (this) {
            if (announcer == its) {
                announcer = null;
            }
        }
    }

    /** Tells the listener what has been queued; without a lock. */
    private void tell() {
        Announcer its;
        synchronized (this) {
            its = announcer;
        }
        if (its != null) {
            its.tell();
        }
    }

    PciFunction plug(FunctionSpec spec) {
        EmulatedFunction function;
        synchronized (this) {
            function = insert(spec);
        }
        tell();
        return function;
    }

    /**
     * Plugs all in, in their order, as one change; the numbers of groups they name are not given to others.
     *
     * @return why any of them could not be, a sentence each; the others stand
     */
    List<String> plugAll(Collection<FunctionSpec> specs) {
        List<String> refused = new ArrayList<>();
        synchronized (this) {
            specs.forEach(spec -> spec.group().ifPresent(groups::reserve));
            for (FunctionSpec spec : specs) {
                try {
                    insert(spec);
                } catch (VfioException e) {
                    refused.add(e.getMessage());
                }
            }
        }
        tell();
        return refused;
    }

    private EmulatedFunction insert(FunctionSpec spec) {
        if (functions.containsKey(spec.address())) {
            throw new VfioException(Errno.EEXIST, "plug " + spec.address() + ": the place is taken");
        }
        Sriov sriov = spec.model().sriov().orElse(null);
        List<PciAddress> places = sriov == null ? List.of()
                : VfPlaces.free(functions, spec.address(), sriov, spec.enabledVfs());
        EmulatedFunction function = new EmulatedFunction(this, spec, join(spec));
        add(function);
        markMultiFunction(function);
        if (!places.isEmpty()) {
            function.rawConfig().enabledVfs(places.size());
            virtual.add(function, places);
        }
        return function;
    }

    private int join(FunctionSpec spec) {
        int group = spec.group().orElseGet(() -> bridges.groupAbove(spec.address()));
        if (group < 0) {
            return groups.joinOwn();
        }
        groups.join(group);
        return group;
    }

    void add(EmulatedFunction function) {
        functions.put(function.address(), function);
        bridges.added(function);
        if (announcer != null) {
            announcer.added(function);
        }
    }

    /** From the second physical function in a device on, each says that there are more. */
    private void markMultiFunction(EmulatedFunction function) {
        PciAddress place = function.address();
        for (int i = 0; i < 8; i++) {
            EmulatedFunction other = i == place.function() ? null
                    : functions.get(new PciAddress(place.domain(), place.bus(), place.device(), i));
            if (other != null && !other.isVirtual()) {
                other.rawConfig().multiFunction();
                function.rawConfig().multiFunction();
            }
        }
    }

    void unplug(PciAddress address) {
        synchronized (this) {
            EmulatedFunction function = present(address, "unplug");
            if (function.isVirtual()) {
                throw new VfioException(Errno.EINVAL, "unplug " + address + ": a VF goes by its PF "
                        + function.physicalFunction().orElseThrow() + "; disable VFs there");
            }
            TreeSet<PciAddress> leaving = new TreeSet<>();
            collect(function, leaving);
            leaving.descendingSet().forEach(this::remove);
        }
        tell();
    }

    /** Takes out those that are still there, and what depends on them; tells which those were. */
    Set<PciAddress> unplugAll(Collection<PciAddress> addresses) {
        TreeSet<PciAddress> leaving = new TreeSet<>();
        synchronized (this) {
            addresses.stream().map(functions::get).filter(Objects::nonNull).forEach(f -> collect(f, leaving));
            leaving.descendingSet().forEach(this::remove);
        }
        tell();
        return leaving;
    }

    private void collect(EmulatedFunction function, TreeSet<PciAddress> leaving) {
        if (!leaving.add(function.address())) {
            return;
        }
        leaving.addAll(function.virtualFunctions());
        function.model().bridge().ifPresent(buses -> functions
                .subMap(new PciAddress(function.address().domain(), buses.secondary(), 0, 0), true,
                        new PciAddress(function.address().domain(), buses.subordinate(), 31, 7), true)
                .values().forEach(below -> collect(below, leaving)));
    }

    void remove(PciAddress address) {
        EmulatedFunction function = functions.remove(address);
        bridges.removed(function);
        function.virtualFunctions(List.of());
        function.unplug();
        groups.leave(function.group());
        if (announcer != null) {
            announcer.removed(address);
        }
    }

    void enableVirtualFunctions(PciAddress pf, int count) {
        synchronized (this) {
            virtual.enable(physical(pf, "set VFs of"), count);
        }
        tell();
    }

    /** A driver wrote VF Enable in config space, or a reset cleared it: the functions follow the register. */
    void virtualFunctionsSwitched(EmulatedFunction pf) {
        synchronized (this) {
            if (functions.get(pf.address()) == pf) {
                virtual.follow(pf);
            }
        }
        tell();
    }

    synchronized void driversAutoprobe(PciAddress pf, boolean autoprobe) {
        physical(pf, "set driver autoprobe of").driversAutoprobe(autoprobe);
    }

    synchronized EmulatedFunction function(PciAddress address) {
        return present(address, "find");
    }

    private EmulatedFunction present(PciAddress address, String what) {
        EmulatedFunction function = functions.get(address);
        if (function == null) {
            throw new VfioException(Errno.ENODEV, what + " " + address + ": nothing is there on the emulated bus");
        }
        return function;
    }

    private EmulatedFunction physical(PciAddress address, String what) {
        EmulatedFunction function = present(address, what);
        if (!function.hasSriov()) {
            throw new VfioException(Errno.EOPNOTSUPP, what + " " + address + ": it has no SR-IOV capability");
        }
        return function;
    }

    synchronized Optional<EmulatedFunction> bridgeAbove(EmulatedFunction function) {
        return Optional.ofNullable(bridges.above(function.address()));
    }

    /** What is behind a bridge, VFs among it. */
    synchronized List<EmulatedFunction> below(EmulatedFunction bridge) {
        TreeSet<PciAddress> below = new TreeSet<>();
        collect(bridge, below);
        below.remove(bridge.address());
        return below.stream().map(functions::get).filter(Objects::nonNull).toList();
    }

    /** A factory has gone, and with it the models that it made. */
    void modelsGone(DeviceModelFactory factory) {
        List<EmulatedFunction> all;
        synchronized (this) {
            all = List.copyOf(functions.values());
        }
        all.forEach(function -> function.modelGone(factory));
    }

    /** Removes everything; the listener is told unless it has gone. */
    void clear() {
        synchronized (this) {
            List.copyOf(functions.descendingKeySet()).forEach(this::remove);
        }
        tell();
    }
}
