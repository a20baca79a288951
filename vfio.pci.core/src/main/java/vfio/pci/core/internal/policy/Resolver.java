// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.internal.bind.BindAttempt;
import vfio.pci.core.internal.match.Candidate;
import vfio.pci.core.internal.match.MatchIndex;
import vfio.pci.core.internal.slot.BindPolicy;
import vfio.pci.core.internal.slot.OverrideOrigin;

/**
 * The resolver of a function's policy into a choice of drivers. It is a pure function of the situation and the drivers' ids,
 * so that the same inputs give the same choice, whatever came first.
 */
public final class Resolver {
    /**
     * The situation of a function: all that the choice depends on, but for the drivers' ids.
     *
     * @param guarded a bridge, a function that does not answer, or a bus that is only listed: nothing binds by itself
     * @param virtualFunctions a PF with active VFs: no VFIO driver binds by itself
     * @param raw the bus has no host below it, so ordinary entries bind by themselves
     * @param given the host's driver is a VFIO driver, or there is no host: a standing policy may take the function
     * @param probed false for a VF whose PF's drivers_autoprobe is off
     * @param bound the name of the driver that is bound, empty where the driver no longer serves its name, null for none
     * @param left drivers left out for this function after failures
     */
    public record Situation(DeviceKey key, boolean guarded, boolean virtualFunctions, boolean raw, boolean given,
            boolean probed, String override, OverrideOrigin origin, BindPolicy policy, String bound, Set<String> left) {
        /** Tells whether a driver may be bound as far as the function's VFs are concerned. */
        private boolean takes(DriverIds driver) {
            return !virtualFunctions || !driver.vfio();
        }

        boolean operatorsOverride() {
            return override != null && origin != OverrideOrigin.POLICY;
        }
    }

    /**
     * The choice of drivers for a function.
     *
     * @param attempts in order, until one succeeds; empty where nothing is to be bound
     * @param release whether a driver that is none of them must go
     */
    public record Choice(List<BindAttempt> attempts, boolean release) {
        static final Choice NOTHING = new Choice(List.of(), false);
    }

    private Resolver() {
    }

    public static Choice choose(Situation s, MatchIndex index) {
        if (s.guarded) {
            return Choice.NOTHING;
        }
        return switch (s.policy.kind()) {
            case PINNED -> pinned(s, index);
            case AUTO -> auto(s, index);
            case MANUAL -> manual(s, index);
        };
    }

    private static Choice pinned(Situation s, MatchIndex index) {
        String wanted = s.policy.driver();
        boolean another = s.bound != null && !s.bound.equals(wanted);
        if (s.virtualFunctions && (another || index.has(wanted) && !s.takes(index.explain(s.key, null, wanted).driver()))) {
            return Choice.NOTHING; // the driver that has the PF now keeps it: the VFs would go with that driver
        }
        boolean contradicted = s.operatorsOverride() && !s.override.equals(wanted);
        if (!index.has(wanted) || !s.given || contradicted || s.left.contains(wanted)) {
            return new Choice(List.of(), another);
        }
        return new Choice(attempt(s, index, wanted), another);
    }

    /** Chooses the VFIO drivers, best first, override-only entries included; where there is none, what binds under manual. */
    private static Choice auto(Situation s, MatchIndex index) {
        if (s.operatorsOverride() || !s.given || s.virtualFunctions) {
            return manual(s, index);
        }
        List<BindAttempt> attempts = index.candidates(s.key, null).stream().filter(c -> c.driver().vfio())
                .filter(left(s)).flatMap(c -> attempt(s, index, c.driver().driver()).stream()).toList();
        return attempts.isEmpty() ? manual(s, index) : new Choice(attempts, false);
    }

    /** Chooses as the kernel probes by itself: what matches as things stand, for a function without a driver. */
    private static Choice manual(Situation s, MatchIndex index) {
        boolean kernelProbes = s.probed || s.override != null;
        if (s.bound != null || !s.raw || !kernelProbes) {
            return Choice.NOTHING;
        }
        String override = s.operatorsOverride() ? s.override : null;
        return new Choice(index.candidates(s.key, override).stream().filter(Candidate::matches).filter(left(s))
                .filter(c -> s.takes(c.driver()))
                .map(c -> new BindAttempt(c.driver().driver(), false)).toList(), false);
    }

    private static Predicate<Candidate> left(Situation s) {
        return candidate -> !s.left.contains(candidate.driver().driver());
    }

    /**
     * Returns the attempt for a driver: with the override where the driver matches so, without it where it matches only so
     * (strict-rfc), else none.
     */
    private static List<BindAttempt> attempt(Situation s, MatchIndex index, String driver) {
        if (index.explain(s.key, driver, driver).matches()) {
            return List.of(new BindAttempt(driver, true));
        }
        return index.explain(s.key, null, driver).matches() && s.probed ? List.of(new BindAttempt(driver, false)) : List.of();
    }
}
