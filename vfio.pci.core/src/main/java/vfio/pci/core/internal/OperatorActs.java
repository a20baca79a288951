// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.pci.core.admin.PciAdmin.Outcome;
import vfio.pci.core.internal.FunctionSlot.Bound;
import vfio.pci.core.internal.Policy.Kind;
import vfio.pci.core.internal.Resolver.Attempt;
import vfio.pci.core.match.Candidate;
import vfio.pci.core.match.MatchIndex;

/** What an operator does to functions, and what each act does to the override's owner. */
final class OperatorActs {
    /** The kernel refuses an override of PAGE_SIZE - 1 bytes and more (drivers/base/dd.c). */
    private static final int OVERRIDE_LIMIT = 4095;

    private final DriverRegistry registry;
    private final Functions functions;
    private final Policies policies;
    private final Binder binder;
    private final Exchange exchange;
    private final Matching matching;
    private final EventLog events;
    private final Supplier<Duration> drain;

    OperatorActs(DriverRegistry registry, Functions functions, Policies policies, Binder binder, Exchange exchange,
            Matching matching, EventLog events, Supplier<Duration> drain) {
        this.registry = registry;
        this.functions = functions;
        this.policies = policies;
        this.binder = binder;
        this.exchange = exchange;
        this.matching = matching;
        this.events = events;
        this.drain = drain;
    }

    Outcome bind(String name, String driver, boolean dryRun) {
        FunctionSlot slot = functions.named(name);
        slot.lock.lock();
        try {
            Guards.refusal(slot).ifPresent(refusal -> {
                throw refusal;
            });
            String target = driver == null ? best(slot) : driver;
            Attempt attempt = attempt(slot, target);
            refuseIfTaken(slot, target);
            if (dryRun) {
                return outcome(slot, target, true, plan(slot, attempt));
            }
            slot.failures().keySet().forEach(slot::forgive);
            return outcome(slot, target, false, exchange.run(slot, List.of(attempt), OverrideOrigin.BIND));
        } finally {
            slot.lock.unlock();
        }
    }

    /** The driver the override command named, or the best VFIO driver: what an earlier bind wrote does not hold it. */
    private String best(FunctionSlot slot) {
        if (slot.origin() == OverrideOrigin.COMMAND) {
            return slot.override();
        }
        MatchIndex index = registry.snapshot().index();
        return index.candidates(slot.function().key(), null).stream().filter(c -> c.driver().vfio())
                .map(c -> c.driver().driver()).filter(d -> overriding(slot, index, d).isPresent()).findFirst()
                .orElseThrow(() -> new VfioException(Errno.ENODEV, "bind " + slot.name()
                        + ": no VFIO driver that is here has an entry for it; install its driver's bundle, or name a driver"));
    }

    /** Whether binding needs the override: as bind writes it, or without where only that matches; empty for neither. */
    private static Optional<Boolean> overriding(FunctionSlot slot, MatchIndex index, String driver) {
        if (index.explain(slot.function().key(), driver, driver).matches()) {
            return Optional.of(true);
        }
        boolean plain = index.explain(slot.function().key(), null, driver).matches() && slot.origin() != OverrideOrigin.COMMAND;
        return plain ? Optional.of(false) : Optional.empty();
    }

    private Attempt attempt(FunctionSlot slot, String target) {
        if (slot.origin() == OverrideOrigin.COMMAND && !target.equals(slot.override())) {
            throw new VfioException(Errno.ENODEV, "bind " + slot.name() + " to " + target + ": the operator's override names "
                    + slot.override() + "; clear it with 'override " + slot.address() + " --clear' first");
        }
        DriverRegistry.Snapshot drivers = registry.snapshot();
        boolean known = drivers.index().drivers().stream().anyMatch(d -> d.driver().equals(target));
        if (!known) {
            return new Attempt(target, false); // attaching says why
        }
        Candidate refused = drivers.index().explain(slot.function().key(), target, target);
        return new Attempt(target, overriding(slot, drivers.index(), target)
                .orElseThrow(() -> new VfioException(Errno.ENODEV,
                        "bind " + slot.name() + " to " + target + ": " + Sentences.of(refused, target))));
    }

    private void refuseIfTaken(FunctionSlot slot, String target) {
        Bound bound = slot.bound();
        if (bound != null && bound.driver() == registry.snapshot().driver(target)) {
            throw new VfioException(Errno.EBUSY, "bind " + slot.name() + " to " + target + ": it is bound to it already");
        }
        if (bound != null && bound.inUse()) {
            throw new VfioException(Errno.EBUSY, "bind " + slot.name() + " to " + target + ": it is held open by "
                    + String.join(", ", bound.vfio().users()) + "; close it there, or unbind first");
        }
    }

    private List<String> plan(FunctionSlot slot, Attempt attempt) {
        if (registry.snapshot().driver(attempt.target()) == null) {
            throw new VfioException(Errno.ENODEV,
                    "bind " + slot.name() + " to " + attempt.target() + ": no driver of that name is here");
        }
        List<String> steps = new ArrayList<>();
        if (slot.bound() != null) {
            steps.add("unbind from " + slot.bound().driver().name());
        }
        if (attempt.overriding() && !attempt.target().equals(slot.override())) {
            steps.add("write override " + attempt.target());
        }
        steps.add("probe " + attempt.target());
        return steps;
    }

    Outcome unbind(String name) {
        FunctionSlot slot = functions.named(name);
        slot.lock.lock();
        try {
            Bound bound = slot.bound();
            if (bound == null) {
                throw new VfioException(Errno.ENODEV, "unbind " + slot.name() + ": no driver is bound to it");
            }
            List<String> steps = new ArrayList<>();
            if (slot.policy().standing()) {
                steps.add("policy " + slot.policy() + " becomes manual, or it would be bound again");
                policies.set(slot.name(), Policy.MANUAL);
                slot.policy(Policy.MANUAL);
                events.record("policy", slot.name(), "manual, by unbind");
            }
            binder.detach(slot, drain.get());
            steps.add("unbound from " + bound.driver().name());
            if (slot.origin() != null && slot.origin() != OverrideOrigin.COMMAND) {
                steps.add("cleared override " + slot.override());
                exchange.write(slot, null, null);
            }
            return outcome(slot, null, false, steps);
        } finally {
            slot.lock.unlock();
        }
    }

    Outcome override(String name, String text) {
        FunctionSlot slot = functions.named(name);
        if (!slot.bus().bindable()) {
            throw new VfioException(Errno.EOPNOTSUPP, "write the override of " + slot.name() + ": the functions of bus "
                    + slot.bus().name() + " are only listed");
        }
        if (text.getBytes(StandardCharsets.UTF_8).length >= OVERRIDE_LIMIT) {
            throw new VfioException(Errno.EINVAL, "write the override of " + slot.name() + ": the text has "
                    + OVERRIDE_LIMIT + " bytes or more");
        }
        String cut = text.split("[\0\n]", 2)[0];
        slot.lock.lock();
        try {
            exchange.write(slot, cut.isEmpty() ? null : cut, OverrideOrigin.COMMAND);
            List<String> steps = new ArrayList<>();
            steps.add(cut.isEmpty() ? "cleared override" : "wrote override " + cut);
            registry.snapshot().meant(cut).filter(d -> !d.name().equals(cut)).ifPresent(d -> steps.add("note: " + cut
                    + " is a module or ops name; the driver's name is " + d.name() + ", and nothing else will match"));
            Bound bound = slot.bound();
            return outcome(slot, bound == null ? null : bound.driver().name(), false, steps);
        } finally {
            slot.lock.unlock();
        }
    }

    List<Outcome> policy(String pattern, String text) {
        Policy policy = Policy.parse(text);
        List<FunctionSlot> named = Policies.isPattern(pattern)
                ? functions.all().stream().filter(slot -> Policies.names(pattern, slot)).toList()
                : List.of(functions.named(pattern));
        policies.set(Policies.isPattern(pattern) ? pattern : named.get(0).name(), policy);
        List<Outcome> outcomes = new ArrayList<>();
        for (FunctionSlot slot : named) {
            outcomes.add(apply(slot, policy));
            matching.request(slot);
        }
        return outcomes;
    }

    private Outcome apply(FunctionSlot slot, Policy policy) {
        slot.lock.lock();
        try {
            Policy was = slot.policy();
            slot.policy(policy);
            List<String> steps = new ArrayList<>();
            steps.add("policy " + policy + (was.equals(policy) ? ", as before" : ", was " + was));
            if (policy.kind() != Kind.MANUAL && slot.origin() == OverrideOrigin.BIND) {
                slot.override(slot.override(), OverrideOrigin.POLICY);
                steps.add("override " + slot.override() + " passes from the operator to the policy");
            } else if (policy.kind() == Kind.MANUAL && slot.origin() == OverrideOrigin.POLICY) {
                slot.override(slot.override(), OverrideOrigin.BIND);
                steps.add("override " + slot.override() + " passes from the policy to the operator");
            }
            slot.failures().keySet().forEach(slot::forgive);
            if (!was.equals(policy)) {
                events.record("policy", slot.name(), policy.toString());
            }
            return outcome(slot, slot.bound() == null ? null : slot.bound().driver().name(), false, steps);
        } finally {
            slot.lock.unlock();
        }
    }

    List<Outcome> probeAll() {
        List<Outcome> outcomes = new ArrayList<>();
        for (FunctionSlot slot : functions.all()) {
            if (slot.bound() == null) {
                slot.failures().keySet().forEach(slot::forgive);
                List<String> steps = matching.rematch(slot);
                if (!steps.isEmpty()) {
                    outcomes.add(outcome(slot, slot.bound() == null ? null : slot.bound().driver().name(), false, steps));
                }
            }
        }
        return outcomes;
    }

    private static Outcome outcome(FunctionSlot slot, String driver, boolean dryRun, List<String> steps) {
        return new Outcome(slot.name(), driver, dryRun, List.copyOf(steps));
    }
}
