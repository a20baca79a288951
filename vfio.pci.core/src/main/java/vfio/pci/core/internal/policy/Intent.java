// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import vfio.pci.core.internal.bind.BindAttempt;
import vfio.pci.core.internal.match.MatchIndex;
import vfio.pci.core.internal.policy.Resolver.Choice;
import vfio.pci.core.internal.policy.Resolver.Situation;
import vfio.pci.core.internal.slot.BindPolicy.Kind;
import vfio.pci.core.internal.slot.BindPolicy;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Functions;
import vfio.pci.core.internal.slot.Guards;
import vfio.pci.core.internal.slot.RegisteredDriver;
import vfio.pci.core.internal.slot.Sentences;

/**
 * The intent of a policy for one function as things stand, and what keeps the function from it.
 *
 * @param policy the function's policy, or one that it might get
 */
record Intent(FunctionSlot slot, BindPolicy policy, DriverRegistry.Snapshot drivers, Situation situation) {

    static Intent of(FunctionSlot slot, BindPolicy policy, DriverRegistry.Snapshot drivers, Functions functions) {
        Bound bound = slot.bound();
        // A driver that no longer serves its name (faulty ones keep it) is another driver than the one of that name; one that
        // an update withholds is left to the update.
        boolean serving = bound != null && drivers.counts(bound.driver(), bound.driver().name());
        String now = serving ? bound.driver().name() : bound == null ? null : "";
        Set<String> left = slot.failures().keySet().stream()
                .filter(driver -> slot.skips(driver) && drivers.driver(driver.name()) == driver)
                .map(RegisteredDriver::name).collect(Collectors.toSet());
        Situation situation = new Situation(slot.function().key(), Guards.standing(slot).isPresent(),
                Guards.withVirtualFunctions(slot).isPresent(), slot.raw().isPresent(),
                Guards.given(slot), functions.probed(slot), slot.override(), slot.origin(), policy, now, left);
        return new Intent(slot, policy, drivers, situation);
    }

    Choice choice() {
        return Resolver.choose(situation, drivers.index());
    }

    /**
     * Returns the attempts of a choice that come before the driver that is bound; all of them where that driver is none of
     * them.
     */
    List<BindAttempt> better(Choice choice) {
        Bound bound = slot.bound();
        List<BindAttempt> better = new ArrayList<>();
        for (BindAttempt attempt : choice.attempts()) {
            if (bound != null && drivers.counts(bound.driver(), attempt.target())) {
                break;
            }
            better.add(attempt);
        }
        return better;
    }

    /** Returns what would be done for the policy, a clause each; empty where nothing would be. */
    List<String> plan() {
        Choice choice = choice();
        Bound bound = slot.bound();
        List<BindAttempt> better = better(choice);
        if (!better.isEmpty()) {
            return List.of(bound != null && bound.inUse() ? heldOpen(bound) + ", and is left as it is"
                    : "bind to " + better.get(0).target());
        }
        return bound != null && choice.release() ? List.of("unbind from " + bound.driver().name()) : List.of();
    }

    private static String heldOpen(Bound bound) {
        return "driver " + bound.driver().name() + " is held open by " + String.join(", ", bound.vfio().users());
    }

    /**
     * Returns why a standing policy does not have the driver that it wants; empty where it has that driver, or wants none.
     */
    Optional<String> unmet() {
        Bound bound = slot.bound();
        boolean had = bound != null && (policy.kind() == Kind.AUTO || bound.driver().name().equals(policy.driver()));
        return !policy.standing() || had ? Optional.empty() : Optional.of(obstacle());
    }

    private String obstacle() {
        Optional<Guards.Refusal> guard = Guards.standing(slot);
        if (guard.isPresent()) {
            return guard.get().why();
        }
        if (!situation.given()) {
            return Guards.withheld(slot).why();
        }
        String wanted = policy.kind() == Kind.PINNED ? policy.driver()
                : situation.operatorsOverride() ? slot.override() : null;
        if (wanted != null && situation.operatorsOverride() && !wanted.equals(slot.override())) {
            return "the operator's override names " + slot.override() + "; clear it with 'override " + slot.address()
                    + " --clear'";
        }
        return wanted == null ? ofAny() : ofDriver(wanted);
    }

    private String ofDriver(String wanted) {
        MatchIndex index = drivers.index();
        RegisteredDriver driver = drivers.driver(wanted);
        if (driver == null || !index.has(wanted)) {
            return driver == null ? drivers.missing(wanted) : "driver " + wanted + " is faulty";
        }
        if (situation.virtualFunctions() && (driver.ids().vfio() || slot.bound() != null)) {
            return activeVirtualFunctions();
        }
        FunctionSlot.Failure failure = slot.failures().get(driver);
        if (failure != null) {
            return "driver " + wanted + " failed here: " + failure.reason();
        }
        Bound bound = slot.bound();
        return bound == null
                ? "driver " + wanted + ": " + Sentences.of(index.explain(situation.key(), wanted, wanted), wanted)
                : bound.inUse() ? heldOpen(bound) : "driver " + bound.driver().name() + " has it";
    }

    private String activeVirtualFunctions() {
        return Guards.withVirtualFunctions(slot).map(Guards.Refusal::why).orElse("its VFs have just gone");
    }

    private String ofAny() {
        if (situation.virtualFunctions()) {
            return activeVirtualFunctions();
        }
        List<String> failed = new ArrayList<>();
        for (Map.Entry<RegisteredDriver, FunctionSlot.Failure> failure : slot.failures().entrySet()) {
            failed.add("driver " + failure.getKey().name() + " failed here: " + failure.getValue().reason());
        }
        return failed.isEmpty() ? "no VFIO driver that is here has an entry for it; install its driver's bundle"
                : String.join("; ", failed);
    }
}
