// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.pci.core.bus.PciBus.Listener;
import vfio.pci.core.id.PciAddress;

/**
 * The functions that are present, with their bridges and IOMMU groups, and the listener that hears of changes. Guarded by its
 * monitor, which callers hold over all calls that make one change.
 */
final class PresentFunctions {
    private final NavigableMap<PciAddress, EmulatedFunction> functions = new TreeMap<>();
    private final IommuGroups groups = new IommuGroups();
    private final Bridges bridges = new Bridges();
    private Announcer announcer;

    /**
     * Makes the one announcer of changes from now on; what is present now is its first news.
     *
     * @throws VfioException EBUSY where there is one
     */
    synchronized Announcer announce(Listener listener) {
        if (announcer != null) {
            throw new VfioException(Errno.EBUSY, "announce the emulated bus: it has a listener; close that one first");
        }
        announcer = new Announcer(listener, functions.values());
        return announcer;
    }

    /** Forgets an announcer, unless another has come in its place. */
    synchronized void silence(Announcer closed) {
        if (announcer == closed) {
            announcer = null;
        }
    }

    /** Returns the announcer, or null without a listener. */
    synchronized Announcer announcer() {
        return announcer;
    }

    /** Returns the function at a place, or null. */
    synchronized EmulatedFunction at(PciAddress address) {
        return functions.get(address);
    }

    /**
     * Returns the function at a place.
     *
     * @param act for the error, such as {@code unplug}
     * @throws VfioException ENODEV where nothing is there
     */
    synchronized EmulatedFunction require(PciAddress address, String act) {
        EmulatedFunction function = functions.get(address);
        if (function == null) {
            throw new VfioException(Errno.ENODEV, act + " " + address + ": nothing is there on the emulated bus");
        }
        return function;
    }

    /**
     * Returns the PF at a place.
     *
     * @param act for the error
     * @throws VfioException ENODEV where nothing is there; EOPNOTSUPP without SR-IOV
     */
    synchronized EmulatedFunction physical(PciAddress address, String act) {
        EmulatedFunction function = require(address, act);
        if (!function.hasSriov()) {
            throw new VfioException(Errno.EOPNOTSUPP, act + " " + address + ": it has no SR-IOV capability");
        }
        return function;
    }

    /** Returns all functions by place; a view, to be read with the monitor held. */
    Map<PciAddress, EmulatedFunction> byPlace() {
        return functions;
    }

    /** Returns a copy of the list of all functions, in address order. */
    synchronized List<EmulatedFunction> all() {
        return List.copyOf(functions.values());
    }

    /** Keeps a group's number from being given to a function that is alone in its group. */
    synchronized void reserve(int group) {
        groups.reserve(group);
    }

    /** Joins the group that a function is to have: the named one, that of the conventional bridge above it, or its own. */
    synchronized int join(FunctionSpec spec) {
        int group = spec.group().orElseGet(() -> bridges.groupAbove(spec.address()));
        if (group < 0) {
            return groups.joinOwn();
        }
        groups.join(group);
        return group;
    }

    /** Joins a new group; returns its number. */
    synchronized int joinOwn() {
        return groups.joinOwn();
    }

    /** Adds a function whose group has been joined, and queues the news. */
    synchronized void add(EmulatedFunction function) {
        functions.put(function.address(), function);
        bridges.added(function);
        if (announcer != null) {
            announcer.added(function);
        }
    }

    /** Unplugs the function at a place, and queues the news. */
    synchronized void remove(PciAddress address) {
        EmulatedFunction function = functions.remove(address);
        bridges.removed(function);
        function.virtualFunctions(List.of());
        function.unplug();
        groups.leave(function.group());
        if (announcer != null) {
            announcer.removed(address);
        }
    }

    /**
     * Removes functions and what depends on them: VFs and functions behind bridges go first.
     *
     * @param addresses places, some of which may be empty by now
     * @return the places that were left
     */
    synchronized Set<PciAddress> removeAll(Collection<PciAddress> addresses) {
        TreeSet<PciAddress> leaving = new TreeSet<>();
        addresses.stream().map(functions::get).filter(Objects::nonNull).forEach(f -> collect(f, leaving));
        leaving.descendingSet().forEach(this::remove);
        return leaving;
    }

    private void collect(EmulatedFunction function, TreeSet<PciAddress> leaving) {
        if (!leaving.add(function.address())) {
            return;
        }
        leaving.addAll(function.virtualFunctions());
        FunctionDescription bridge = function.description();
        if (bridge.isBridge()) {
            int domain = function.address().domain();
            functions.subMap(new PciAddress(domain, bridge.secondary(), 0, 0), true,
                            new PciAddress(domain, bridge.subordinate(), 31, 7), true)
                    .values().forEach(below -> collect(below, leaving));
        }
    }

    /** Returns the bridge directly above a function, empty on a root bus. */
    synchronized Optional<EmulatedFunction> bridgeAbove(EmulatedFunction function) {
        return Optional.ofNullable(bridges.above(function.address()));
    }

    /** Returns all functions behind a bridge, VFs among them. */
    synchronized List<EmulatedFunction> below(EmulatedFunction bridge) {
        TreeSet<PciAddress> below = new TreeSet<>();
        collect(bridge, below);
        below.remove(bridge.address());
        return below.stream().map(functions::get).filter(Objects::nonNull).toList();
    }
}
