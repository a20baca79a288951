// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.text.Spelling;
import vfio.pci.core.internal.match.DynamicIds;
import vfio.pci.core.internal.match.MatchIndex;
import vfio.pci.core.internal.match.MatchRules;

/**
 * The registry of the drivers that are here. Of bundles that claim one driver name a single one serves, chosen by ranking,
 * symbolic name, version and bundle id, never by order of arrival; the others are shadowed. A faulty driver matches nothing;
 * one that an update withholds serves nothing.
 *
 * <p>The registry's lock is the innermost of the PCI core: nothing is called while it is held. Readers take
 * {@link #snapshot}.
 */
public final class DriverRegistry {
    private static final Comparator<RegisteredDriver> CLAIM =
            Comparator.comparingInt((RegisteredDriver d) -> d.ids().ranking()).reversed()
                    .thenComparing(RegisteredDriver::bundle, BundleIdentity.ORDER);

    /**
     * The drivers at one moment.
     *
     * @param serving by driver name
     * @param shadowed those whose name another bundle serves
     * @param withheld those that serve no name since an update of their bundle is under way, with the reason
     */
    public record Snapshot(MatchIndex index, Map<String, RegisteredDriver> serving, List<RegisteredDriver> shadowed,
            Map<RegisteredDriver, String> withheld) {
        /** Returns the driver that serves a name, or null. */
        public RegisteredDriver driver(String name) {
            return serving.get(name);
        }

        /** Returns all drivers, those that serve first. */
        public Stream<RegisteredDriver> all() {
            return Stream.of(serving.values(), shadowed, withheld.keySet()).flatMap(Collection::stream);
        }

        /**
         * Tells whether a driver that a function has counts as the driver of a name: it serves the name, or an update
         * withholds it, which leaves the function to the update.
         */
        public boolean counts(RegisteredDriver had, String name) {
            return had == driver(name) || had.name().equals(name) && withheld.containsKey(had);
        }

        /** Returns the driver whose name, module or ops is {@code text}; the name first. */
        public Optional<RegisteredDriver> meant(String text) {
            RegisteredDriver named = serving.get(text);
            return named != null ? Optional.of(named) : serving.values().stream()
                    .filter(d -> d.ids().module().equals(text) || d.ids().ops().equals(text)).findFirst();
        }

        /** Returns a clause that no driver has this name, with the name that may have been meant. */
        public String missing(String name) {
            String hint = meant(name).map(d -> "; it is the module or ops name of driver " + d.name())
                    .orElseGet(() -> Spelling.hint(name, serving.keySet()));
            return "no driver " + name + " is here" + hint;
        }
    }

    private final List<RegisteredDriver> drivers = new ArrayList<>();
    private final Map<String, DynamicIds> added = new HashMap<>();
    private final Withheld withheld = new Withheld();
    private MatchRules rules;
    private volatile Snapshot snapshot;

    public DriverRegistry(MatchRules rules) {
        this.rules = rules;
        rebuild();
    }

    public Snapshot snapshot() {
        return snapshot;
    }

    public synchronized void rules(MatchRules rules) {
        this.rules = rules;
        rebuild();
    }

    public synchronized void add(RegisteredDriver driver) {
        drivers.add(driver);
        rebuild();
    }

    public synchronized void remove(Collection<RegisteredDriver> leaving) {
        leaving.forEach(RegisteredDriver::leave);
        drivers.removeAll(Set.copyOf(leaving));
        withheld.forget(this::hasDriver);
        rebuild();
    }

    private boolean hasDriver(long bundle) {
        return drivers.stream().anyMatch(driver -> driver.bundle().id() == bundle);
    }

    /**
     * Begins an update: the drivers of the next bundle serve no name until {@link #serve}.
     *
     * @throws VfioException EBUSY where an update of one of the bundles is under way
     */
    public synchronized void beginUpdate(Set<Long> former, long next) {
        if (withheld.isUnderWay(next) || former.stream().anyMatch(withheld::isUnderWay)) {
            throw new VfioException(Errno.EBUSY, "update bundles " + former + " to bundle " + next + ": an update of one of "
                    + "them is under way");
        }
        withheld.begin(former, next);
        rebuild();
    }

    /** Has the drivers of the next bundle serve their names, and those of the former ones none, at one moment. */
    public synchronized void serve(Set<Long> former, long next) {
        withheld.serve(former, next);
        rebuild();
    }

    /**
     * Has the drivers of the former bundles serve their names again, as far as they did when the update began, and those of
     * the next one none, at one moment.
     */
    public synchronized void withdraw(Set<Long> former, long next) {
        withheld.withdraw(former, next);
        rebuild();
    }

    /** Ends an update: each bundle stays withheld or not as it is, until its last driver leaves. */
    public synchronized void endUpdate(Set<Long> former, long next) {
        withheld.end(former, next);
        withheld.forget(this::hasDriver);
        rebuild();
    }

    /** Returns the drivers as they would be if a single one were here, for its matches while it serves no name. */
    public synchronized Snapshot alone(RegisteredDriver driver) {
        return new Snapshot(index(List.of(driver)), Map.of(driver.name(), driver), List.of(), Map.of());
    }

    /** Builds the snapshot again, since a driver has become faulty. */
    public synchronized void refresh() {
        rebuild();
    }

    public synchronized DynamicIds dynamicIds(String driver) {
        return added.getOrDefault(driver, DynamicIds.NONE);
    }

    /** Changes a driver's dynamic ids, whether the driver is here or still to come. */
    public synchronized void dynamicIds(String driver, UnaryOperator<DynamicIds> change) {
        added.put(driver, change.apply(dynamicIds(driver)));
        rebuild();
    }

    private void rebuild() {
        Map<String, RegisteredDriver> serving = new TreeMap<>();
        List<RegisteredDriver> shadowed = new ArrayList<>();
        Map<RegisteredDriver, String> waiting = new LinkedHashMap<>();
        drivers.stream().sorted(CLAIM).forEach(driver -> {
            Optional<String> reason = withheld.reason(driver.bundle().id());
            if (reason.isPresent()) {
                waiting.put(driver, reason.get());
            } else if (serving.putIfAbsent(driver.name(), driver) != null) {
                shadowed.add(driver);
            }
        });
        snapshot = new Snapshot(index(serving.values()), new LinkedHashMap<>(serving), List.copyOf(shadowed),
                Collections.unmodifiableMap(waiting));
    }

    private MatchIndex index(Collection<RegisteredDriver> of) {
        return MatchIndex.of(rules, of.stream().filter(driver -> driver.worker().fault().isEmpty())
                .map(driver -> driver.ids().withDynamic(dynamicIds(driver.name()).ids())).toList());
    }
}
