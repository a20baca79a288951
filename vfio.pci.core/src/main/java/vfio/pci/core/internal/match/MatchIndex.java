// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciDeviceId;

/**
 * The index of all drivers' id tables. Its answers are a pure function of the drivers given, the key and the override, never
 * of the order in which drivers came. Immutable; made anew when a driver comes or goes.
 *
 * <p>Candidates are ordered by their most specific agreeing entry ({@link PciDeviceId#rank}), then by higher service.ranking,
 * then by driver name.
 */
public final class MatchIndex {
    /** The order of drivers that rank alike, best first. */
    public static final Comparator<DriverIds> PREFERENCE =
            Comparator.comparingInt(DriverIds::ranking).reversed().thenComparing(DriverIds::driver);

    /** The bits for a driver's number that a rank of ten bits and the sign leave of an int. */
    private static final int DRIVER_BITS = 21;
    private static final int MOST_DRIVERS = (1 << DRIVER_BITS) - 1;

    private final MatchRules rules;
    private final DriverIds[] drivers;
    private final Map<String, Integer> byName = new HashMap<>();
    private final PciDeviceId[] entries;
    /** The rank of each entry among the others: {@link PciDeviceId#rank} above, the number of its driver below. */
    private final int[] order;
    /** The number of the first table entry of each driver; the driver's entries before that are dynamic. */
    private final int[] tableOf;
    private final ShapeTable shapes;
    /** The candidate that each entry alone makes while no override is set: the common answer, made once. */
    private final Candidate[] plain;

    private MatchIndex(MatchRules rules, List<DriverIds> sorted) {
        this.rules = rules;
        drivers = sorted.toArray(DriverIds[]::new);
        tableOf = new int[drivers.length];
        List<PciDeviceId> all = new ArrayList<>();
        List<Integer> owners = new ArrayList<>();
        for (int i = 0; i < drivers.length; i++) {
            if (byName.put(drivers[i].driver(), i) != null) {
                throw new IllegalArgumentException("two drivers are named " + drivers[i].driver());
            }
            all.addAll(drivers[i].dynamic());
            tableOf[i] = all.size();
            all.addAll(drivers[i].table());
            while (owners.size() < all.size()) {
                owners.add(i);
            }
        }
        entries = all.toArray(PciDeviceId[]::new);
        order = new int[entries.length];
        Arrays.setAll(order, i -> entries[i].rank() << DRIVER_BITS | owners.get(i));
        shapes = new ShapeTable(all);
        plain = new Candidate[entries.length];
        for (int i = 0; i < plain.length; i++) {
            plain[i] = decide(driverOf(i), null, new int[] {i}, 0, 1);
        }
    }

    private int driverOf(int entry) {
        return order[entry] & MOST_DRIVERS;
    }

    /**
     * Makes the index of these drivers.
     *
     * @param drivers with names that differ
     * @throws IllegalArgumentException where two have the same name, or there are more than two million
     */
    public static MatchIndex of(MatchRules rules, Collection<DriverIds> drivers) {
        if (drivers.size() > MOST_DRIVERS) {
            throw new IllegalArgumentException(drivers.size() + " drivers, at most " + MOST_DRIVERS + " can be told apart");
        }
        return new MatchIndex(rules, drivers.stream().sorted(PREFERENCE).toList());
    }

    public MatchRules rules() {
        return rules;
    }

    /** Tells whether a driver has this name. */
    public boolean has(String driver) {
        return byName.containsKey(driver);
    }

    /** Returns the drivers, in order of {@link #PREFERENCE}. */
    public List<DriverIds> drivers() {
        return List.of(drivers);
    }

    /**
     * Returns the drivers with an entry that agrees with the key, and the one the override names; best first.
     *
     * @param override the function's {@code driver_override}, null where none is set
     */
    public List<Candidate> candidates(DeviceKey key, String override) {
        int[] found = shapes.agreeing(key);
        if (override == null && found.length <= 1) {
            return found.length == 0 ? List.of() : List.of(plain[found[0]]);
        }
        if (override == null && found.length == 2 && driverOf(found[0]) != driverOf(found[1])) {
            // A device's own driver and the generic one: most lookups, and the second entry's memory is warm.
            boolean first = order[found[0]] < order[found[1]];
            return List.of(plain[found[first ? 0 : 1]], plain[found[first ? 1 : 0]]);
        }
        Candidate[] candidates = new Candidate[found.length + 1];
        int count = 0;
        boolean named = override == null;
        for (int from = 0, to; from < found.length; from = to) {
            int driver = driverOf(found[from]);
            to = from + 1;
            while (to < found.length && driverOf(found[to]) == driver) {
                to++;
            }
            boolean single = override == null && to == from + 1;
            candidates[count++] = single ? plain[found[from]] : decide(driver, override, found, from, to);
            named |= drivers[driver].driver().equals(override);
        }
        Integer overridden = named ? null : byName.get(override);
        if (overridden != null) {
            candidates[count++] = decide(overridden, override, found, 0, 0);
        }
        return ranked(candidates, count);
    }

    /**
     * Returns the candidate that one driver of the index is for a key, whether the driver matches or not.
     *
     * @throws IllegalArgumentException where no driver has this name
     */
    public Candidate explain(DeviceKey key, String override, String driver) {
        Integer number = byName.get(driver);
        if (number == null) {
            throw new IllegalArgumentException("no driver is named " + driver);
        }
        int[] found = shapes.agreeing(key);
        int from = 0;
        while (from < found.length && driverOf(found[from]) < number) {
            from++;
        }
        int to = from;
        while (to < found.length && driverOf(found[to]) == number) {
            to++;
        }
        return decide(number, override, found, from, to);
    }

    /** Sorts candidates by insertion, since lists are short. They come in order of preference, which ties keep. */
    private static List<Candidate> ranked(Candidate[] candidates, int count) {
        for (int i = 1; i < count; i++) {
            Candidate moving = candidates[i];
            int at = i;
            while (at > 0 && worse(candidates[at - 1], moving)) {
                candidates[at] = candidates[at - 1];
                at--;
            }
            candidates[at] = moving;
        }
        return count == candidates.length ? List.of(candidates) : List.of(Arrays.copyOf(candidates, count));
    }

    private static boolean worse(Candidate a, Candidate b) {
        int difference = rank(a) - rank(b);
        return difference > 0 || difference == 0 && PREFERENCE.compare(a.driver(), b.driver()) > 0;
    }

    /** Ranks a driver that only the override names as the entry that the override stands for. */
    private static int rank(Candidate candidate) {
        return (candidate.best() == null ? PciDeviceId.MATCH_ALL : candidate.best()).rank();
    }

    /** Decides over the agreeing entries {@code found[from..to)} of one driver, in table order. */
    private Candidate decide(int driver, String override, int[] found, int from, int to) {
        PciDeviceId best = null;
        for (int i = from; i < to; i++) {
            PciDeviceId id = entries[found[i]];
            best = best == null || id.rank() < best.rank() ? id : best;
        }
        DriverIds ids = drivers[driver];
        PciDeviceId first = from == to ? null : entries[found[from]];
        if (override != null && !override.equals(ids.driver())) {
            return new Candidate(ids, first, best, from == to ? Reason.NO_ENTRY : Reason.OVERRIDE_NAMES_ANOTHER);
        }
        boolean dynamic = first != null && found[from] < tableOf[driver];
        return rules == MatchRules.MERGED ? merged(ids, override, found, from, to, first, best, dynamic)
                : strict(ids, override, first, best, dynamic);
    }

    private Candidate merged(DriverIds ids, String override, int[] found, int from, int to, PciDeviceId first,
            PciDeviceId best, boolean dynamic) {
        if (dynamic) {
            return new Candidate(ids, first, best, Reason.DYNAMIC_ID);
        }
        for (int i = from; i < to; i++) {
            PciDeviceId id = entries[found[i]];
            if (id.overrideOnly() == 0) {
                return new Candidate(ids, id, best, Reason.ID);
            }
            if (override != null) {
                return new Candidate(ids, id, best, Reason.OVERRIDE_ID);
            }
        }
        if (override != null) {
            return new Candidate(ids, PciDeviceId.MATCH_ALL, best, Reason.OVERRIDE_ALONE);
        }
        return new Candidate(ids, first, best, first == null ? Reason.NO_ENTRY : Reason.NEEDS_OVERRIDE);
    }

    /** Decides by the first agreeing entry alone: it matches where it is flagged and the override is set, or neither. */
    private static Candidate strict(DriverIds ids, String override, PciDeviceId first, PciDeviceId best, boolean dynamic) {
        Reason reason;
        if (first == null) {
            reason = override == null ? Reason.NO_ENTRY : Reason.OVERRIDE_WITHOUT_ENTRY;
        } else if (first.overrideOnly() == 0) {
            reason = override != null ? Reason.OVERRIDE_OF_ORDINARY_ENTRY : dynamic ? Reason.DYNAMIC_ID : Reason.ID;
        } else {
            reason = override == null ? Reason.NEEDS_OVERRIDE : Reason.OVERRIDE_ID;
        }
        return new Candidate(ids, first, best, reason);
    }
}
