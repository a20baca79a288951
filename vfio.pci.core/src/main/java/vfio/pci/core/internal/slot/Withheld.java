// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;

/**
 * The bundles whose drivers serve no name, since an update goes from one build of them to another: the build to come, until
 * it serves, and that of before from then on. A bundle is withheld until its last driver has left, and as long as the update
 * is under way. Guarded by the registry's lock.
 */
final class Withheld {
    private static final String TO_COME = "it waits for its update, which decides when it serves";
    private static final String BEFORE = "its update has taken its name; it keeps the functions that it has";

    private final Map<Long, String> reasons = new HashMap<>();
    /** The reasons that former bundles had when their update began: of an update before that, which moved not all. */
    private final Map<Long, String> earlier = new HashMap<>();
    private final Set<Long> underWay = new HashSet<>();

    /** Returns why the drivers of a bundle serve no name; empty where they do. */
    Optional<String> reason(long bundle) {
        return Optional.ofNullable(reasons.get(bundle));
    }

    boolean isUnderWay(long bundle) {
        return underWay.contains(bundle);
    }

    void begin(Set<Long> former, long next) {
        underWay.addAll(former);
        underWay.add(next);
        former.stream().filter(reasons::containsKey).forEach(bundle -> earlier.put(bundle, reasons.get(bundle)));
        reasons.put(next, TO_COME);
    }

    void serve(Set<Long> former, long next) {
        reasons.remove(next);
        former.forEach(bundle -> reasons.put(bundle, BEFORE));
    }

    void withdraw(Set<Long> former, long next) {
        reasons.keySet().removeAll(former);
        former.stream().filter(earlier::containsKey).forEach(bundle -> reasons.put(bundle, earlier.get(bundle)));
        reasons.put(next, TO_COME);
    }

    void end(Set<Long> former, long next) {
        underWay.removeAll(former);
        underWay.remove(next);
        earlier.keySet().removeAll(former);
    }

    /** Forgets bundles without a driver that no update is under way for. */
    void forget(LongPredicate hasDriver) {
        reasons.keySet().removeIf(bundle -> !underWay.contains(bundle) && !hasDriver.test(bundle));
    }
}
