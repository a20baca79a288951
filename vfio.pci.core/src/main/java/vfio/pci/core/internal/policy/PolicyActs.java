// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import vfio.core.EventLog;
import vfio.pci.core.admin.PciAdmin.Outcome;
import vfio.pci.core.internal.slot.BindPolicy;
import vfio.pci.core.internal.slot.BindPolicy.Kind;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Functions;
import vfio.pci.core.internal.slot.OverrideOrigin;

/** The acts of an operator on policies, with what each does to the functions that a policy names. */
public final class PolicyActs {
    private final DriverRegistry registry;
    private final Functions functions;
    private final Policies policies;
    private final Matching matching;
    private final EventLog events;

    public PolicyActs(DriverRegistry registry, Functions functions, Policies policies, Matching matching, EventLog events) {
        this.registry = registry;
        this.functions = functions;
        this.policies = policies;
        this.matching = matching;
        this.events = events;
    }

    public List<Outcome> set(String pattern, String text, boolean dryRun) {
        BindPolicy policy = BindPolicy.parse(text);
        List<FunctionSlot> named = named(pattern);
        if (dryRun) {
            return named.stream().map(slot -> planned(slot, policy)).toList();
        }
        policies.set(Policies.isPattern(pattern) ? pattern : named.get(0).name(), policy);
        return applied(named);
    }

    public List<Outcome> remove(String pattern, boolean dryRun) {
        Policies without = policies.without(pattern);
        List<FunctionSlot> changing = functions.all().stream()
                .filter(slot -> !without.of(slot).equals(policies.of(slot))).toList();
        if (dryRun) {
            return changing.stream().map(slot -> planned(slot, without.of(slot))).toList();
        }
        policies.remove(pattern);
        return applied(changing);
    }

    private List<FunctionSlot> named(String pattern) {
        return Policies.isPattern(pattern) ? functions.all().stream().filter(slot -> Policies.names(pattern, slot)).toList()
                : List.of(functions.named(pattern));
    }

    private List<Outcome> applied(List<FunctionSlot> named) {
        List<Outcome> outcomes = new ArrayList<>();
        for (FunctionSlot slot : named) {
            outcomes.add(apply(slot, policies::of));
            matching.request(slot);
        }
        return outcomes;
    }

    /** Returns what a policy would do to a function. */
    private Outcome planned(FunctionSlot slot, BindPolicy policy) {
        Intent intent = Intent.of(slot, policy, registry.snapshot(), functions);
        boolean changed = !slot.policy().equals(policy);
        List<String> steps = new ArrayList<>(List.of(changing(slot.policy(), policy)));
        List<String> plan = intent.plan();
        steps.addAll(plan);
        if (plan.isEmpty()) {
            intent.unmet().ifPresent(why -> steps.add("nothing is bound: " + why));
        }
        return new Outcome(slot.name(), driver(slot), true, changed || !plan.isEmpty(), steps);
    }

    private static String changing(BindPolicy was, BindPolicy policy) {
        return "policy " + policy + (was.equals(policy) ? ", as before" : ", was " + was);
    }

    private static String driver(FunctionSlot slot) {
        FunctionSlot.Bound bound = slot.bound();
        return bound == null ? null : bound.driver().name();
    }

    /** Gives a function the policy that holds for it, passes the override to its new owner, and returns what was done. */
    public Outcome apply(FunctionSlot slot, Function<FunctionSlot, BindPolicy> holding) {
        return slot.exclusively(() -> {
            BindPolicy was = slot.policy();
            BindPolicy policy = holding.apply(slot);
            slot.policy(policy);
            List<String> steps = new ArrayList<>(List.of(changing(was, policy)));
            if (policy.kind() != Kind.MANUAL && slot.origin() == OverrideOrigin.BIND) {
                slot.override(slot.override(), OverrideOrigin.POLICY);
                steps.add("override " + slot.override() + " passes from the operator to the policy");
            } else if (policy.kind() == Kind.MANUAL && slot.origin() == OverrideOrigin.POLICY) {
                slot.override(slot.override(), OverrideOrigin.BIND);
                steps.add("override " + slot.override() + " passes from the policy to the operator");
            }
            if (policy.kind() == Kind.PINNED && registry.snapshot().driver(policy.driver()) == null) {
                steps.add("note: " + registry.snapshot().missing(policy.driver()) + "; nothing is bound until it comes");
            }
            slot.forgiveAll();
            if (!was.equals(policy)) {
                events.record("policy", slot.name(), policy.toString());
            }
            return new Outcome(slot.name(), driver(slot), false, !was.equals(policy), steps);
        });
    }
}
