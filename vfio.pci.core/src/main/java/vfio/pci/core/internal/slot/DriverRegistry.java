// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import vfio.core.text.Spelling;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.internal.match.DynamicIds;
import vfio.pci.core.internal.match.MatchIndex;
import vfio.pci.core.internal.match.MatchRules;

/**
 * The registry of the drivers that are here. Of bundles that claim one driver name a single one serves, chosen by ranking,
 * symbolic name, version and bundle id, never by order of arrival; the others are shadowed. A faulty driver matches nothing.
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
     */
    public record Snapshot(MatchIndex index, Map<String, RegisteredDriver> serving, List<RegisteredDriver> shadowed) {
        /** Returns the driver that serves a name, or null. */
        public RegisteredDriver driver(String name) {
            return serving.get(name);
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
        rebuild();
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
        drivers.stream().sorted(CLAIM).forEach(driver -> {
            if (serving.putIfAbsent(driver.name(), driver) != null) {
                shadowed.add(driver);
            }
        });
        Collection<DriverIds> ids = serving.values().stream().filter(driver -> driver.worker().fault().isEmpty())
                .map(driver -> driver.ids().withDynamic(dynamicIds(driver.name()).ids())).toList();
        snapshot = new Snapshot(MatchIndex.of(rules, ids), new LinkedHashMap<>(serving), List.copyOf(shadowed));
    }
}
