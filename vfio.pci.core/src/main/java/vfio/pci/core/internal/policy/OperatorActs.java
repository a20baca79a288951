// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.pci.core.admin.PciAdmin.HostRequest;
import vfio.pci.core.admin.PciAdmin.Outcome;
import vfio.pci.core.bus.HostBinding;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.internal.bind.BindAttempt;
import vfio.pci.core.internal.bind.Binder;
import vfio.pci.core.internal.bind.HostActs;
import vfio.pci.core.internal.bind.Rebind;
import vfio.pci.core.internal.match.MatchIndex;
import vfio.pci.core.internal.slot.BindPolicy;
import vfio.pci.core.internal.slot.BindPolicy.Kind;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.Functions;
import vfio.pci.core.internal.slot.Guards;
import vfio.pci.core.internal.slot.OverrideOrigin;
import vfio.pci.core.internal.slot.RegisteredDriver;

/** The acts of an operator on functions, with what each does to the author of the override. */
public final class OperatorActs {
    /**
     * The length in bytes from which on an override is refused: the kernel refuses PAGE_SIZE - 1 and more
     * (drivers/base/dd.c).
     */
    private static final int OVERRIDE_LIMIT = 4095;

    private final DriverRegistry registry;
    private final Functions functions;
    private final Policies policies;
    private final Binder binder;
    private final Rebind rebind;
    private final Matching matching;
    private final EventLog events;
    private final HostActs host;
    private final Supplier<Duration> drain;

    public OperatorActs(DriverRegistry registry, Functions functions, Policies policies, Binder binder, Rebind rebind,
            Matching matching, EventLog events, Supplier<Duration> drain) {
        this.registry = registry;
        this.functions = functions;
        this.policies = policies;
        this.binder = binder;
        this.rebind = rebind;
        this.matching = matching;
        this.events = events;
        host = new HostActs(events);
        this.drain = drain;
    }

    public Outcome bind(String name, String driver, HostRequest request, boolean dryRun) {
        FunctionSlot slot = functions.named(name);
        return slot.exclusively(() -> {
            refuse(slot, false);
            String target = driver == null ? best(slot) : driver;
            refuseIfFixed(slot, target);
            RegisteredDriver found = registry.snapshot().driver(target);
            Optional<HostBinding> asked = HostActs.asked(slot, request);
            List<String> steps = new ArrayList<>();
            if (slot.bound() != null && registry.snapshot().counts(slot.bound().driver(), target)) {
                return new Outcome(slot.name(), target, dryRun, false, List.of("it is bound to " + target + " already"));
            }
            refuse(slot, found == null || found.ids().vfio());
            BindAttempt attempt = attempt(slot, target);
            refuseIfInUse(slot, target);
            if (dryRun) {
                asked.ifPresent(binding -> steps.addAll(HostActs.plan(binding, request)));
                steps.addAll(plan(slot, attempt));
                return outcome(slot, target, true, steps);
            }
            slot.forgiveAll();
            bind(slot, attempt, asked, request, steps);
            return outcome(slot, target, false, steps);
        });
    }

    private static void refuse(FunctionSlot slot, boolean vfio) {
        Guards.refusal(slot, vfio).ifPresent(refusal -> {
            throw refusal.exception();
        });
    }

    private void bind(FunctionSlot slot, BindAttempt attempt, Optional<HostBinding> asked, HostRequest request,
            List<String> steps) {
        boolean before = asked.isPresent() && asked.get().taken();
        asked.ifPresent(binding -> steps.addAll(host.take(slot, binding, request)));
        try {
            steps.addAll(rebind.run(slot, List.of(attempt), OverrideOrigin.BIND));
        } catch (VfioException e) {
            throw asked.filter(binding -> !before && binding.taken()).map(binding -> host.undone(slot, binding, e)).orElse(e);
        }
    }

    /** Returns the driver that a pin or the override command names, or else the best VFIO driver. */
    private String best(FunctionSlot slot) {
        if (slot.policy().kind() == Kind.PINNED) {
            return slot.policy().driver();
        }
        if (slot.origin() == OverrideOrigin.COMMAND) {
            return slot.override();
        }
        MatchIndex index = registry.snapshot().index();
        DeviceKey key = slot.function().key();
        return index.candidates(key, null).stream().filter(c -> c.driver().vfio())
                .filter(c -> c.matches() || index.explain(key, c.driver().driver(), c.driver().driver()).matches())
                .map(c -> c.driver().driver()).findFirst()
                .orElseThrow(() -> new VfioException(Errno.ENODEV, "bind " + slot.name() + ": no VFIO driver "
                        + "that is here has an entry for it; install its driver's bundle, or name a driver"));
    }

    private static void refuseIfFixed(FunctionSlot slot, String target) {
        if (slot.policy().kind() == Kind.PINNED && !target.equals(slot.policy().driver())) {
            throw new VfioException(Errno.EPERM, "bind " + slot.name() + " to " + target + ": it is " + slot.policy()
                    + " and would be unbound again; set its policy first");
        }
        if (slot.origin() == OverrideOrigin.COMMAND && !target.equals(slot.override())) {
            throw new VfioException(Errno.ENODEV, "bind " + slot.name() + " to " + target
                    + ": the operator's override names " + slot.override()
                    + "; clear it with 'override " + slot.address() + " --clear' first");
        }
    }

    /** Returns the attempt for a driver: with the override, or without it where the driver matches only so (strict-rfc). */
    private BindAttempt attempt(FunctionSlot slot, String target) {
        DriverRegistry.Snapshot drivers = registry.snapshot();
        MatchIndex index = drivers.index();
        DeviceKey key = slot.function().key();
        boolean plain = slot.origin() != OverrideOrigin.COMMAND && index.has(target)
                && !index.explain(key, target, target).matches() && index.explain(key, null, target).matches();
        Binder.ready(slot, target, plain ? null : target, drivers);
        return new BindAttempt(target, !plain);
    }

    private static void refuseIfInUse(FunctionSlot slot, String target) {
        Bound bound = slot.bound();
        if (bound != null && bound.inUse()) {
            throw new VfioException(Errno.EBUSY, "bind " + slot.name() + " to " + target + ": it is held open by "
                    + String.join(", ", bound.vfio().users()) + "; close it there, or unbind first");
        }
    }

    private static List<String> plan(FunctionSlot slot, BindAttempt attempt) {
        List<String> steps = new ArrayList<>();
        if (slot.bound() != null) {
            steps.add("unbind from " + slot.bound().driver().name());
        }
        if (attempt.overriding() && !attempt.target().equals(slot.override())) {
            steps.add("write override " + attempt.target());
        } else if (!attempt.overriding() && slot.override() != null) {
            steps.add("clear override " + slot.override());
        }
        steps.add("probe " + attempt.target());
        return steps;
    }

    public Outcome unbind(String name) {
        FunctionSlot slot = functions.named(name);
        Binder.refuseInside(slot, "unbind");
        return slot.exclusively(() -> {
            Bound bound = slot.bound();
            Optional<HostBinding> taken = HostActs.taken(slot);
            if (bound == null && taken.isEmpty() && !slot.policy().standing()) {
                return new Outcome(slot.name(), null, false, false, Stream.concat(Stream.of("no driver is bound to it"),
                        HostActs.left(slot).stream()).toList());
            }
            List<String> steps = new ArrayList<>();
            release(slot, steps);
            taken.ifPresentOrElse(binding -> steps.addAll(host.giveBack(slot, binding)),
                    () -> HostActs.left(slot).ifPresent(steps::add));
            return outcome(slot, null, false, steps);
        });
    }

    public Outcome unbindToHost(String name, boolean dryRun) {
        FunctionSlot slot = functions.named(name);
        Binder.refuseInside(slot, "unbind");
        return slot.exclusively(() -> {
            HostBinding binding = HostActs.below(slot, "give " + slot.name() + " to its host's driver");
            List<String> plan = binding.planToHost(); // first: a refusal of the host comes before the unbind
            List<String> steps = new ArrayList<>();
            if (dryRun) {
                if (slot.bound() != null) {
                    steps.add("unbind from " + slot.bound().driver().name());
                }
                steps.addAll(plan);
            } else {
                release(slot, steps);
                steps.addAll(host.toHost(slot, binding));
            }
            return steps.isEmpty()
                    ? new Outcome(slot.name(), null, dryRun, false, List.of("its host's own driver has it already"))
                    : outcome(slot, null, dryRun, steps);
        });
    }

    /** Takes a function from its driver, if one is bound, and from a policy that would bind it again. */
    private void release(FunctionSlot slot, List<String> steps) {
        if (slot.policy().standing()) {
            steps.add("policy " + slot.policy() + " becomes manual, or it would be bound again");
            policies.set(slot.name(), BindPolicy.MANUAL);
            slot.policy(BindPolicy.MANUAL);
            slot.unbound(true);
            events.record("policy", slot.name(), "manual, by unbind");
        }
        if (slot.bound() != null) {
            detach(slot, steps);
        }
    }

    private void detach(FunctionSlot slot, List<String> steps) {
        String driver = slot.bound().driver().name();
        slot.unbound(true);
        binder.detach(slot, drain.get());
        steps.add("unbound from " + driver);
        if (slot.origin() != null && slot.origin() != OverrideOrigin.COMMAND) {
            steps.add("cleared override " + slot.override());
            rebind.write(slot, null, null);
        }
    }

    public Outcome override(String name, String text) {
        FunctionSlot slot = functions.named(name);
        if (!slot.bus().bindable()) {
            throw new VfioException(Errno.EOPNOTSUPP, "write the override of " + slot.name() + ": the functions of bus "
                    + slot.bus().name() + " are only listed");
        }
        String cut = overrideOf(slot.name(), text);
        return slot.exclusively(() -> {
            String was = slot.override();
            boolean changed = !cut.equals(was == null ? "" : was);
            // Written even where the text is the same: an override of bind's becomes the operator's.
            rebind.write(slot, cut.isEmpty() ? null : cut, OverrideOrigin.COMMAND);
            List<String> steps = new ArrayList<>();
            steps.add(cut.isEmpty() ? changed ? "cleared override " + was : "no override was set"
                    : changed ? "wrote override " + cut : "the override was " + cut + " before");
            DriverRegistry.Snapshot drivers = registry.snapshot();
            if (!cut.isEmpty() && drivers.driver(cut) == null) {
                steps.add("note: " + drivers.missing(cut) + "; while the override names it nothing else matches");
            }
            Bound bound = slot.bound();
            return new Outcome(slot.name(), bound == null ? null : bound.driver().name(), false, changed, steps);
        });
    }

    /**
     * Returns the override that a text means to the kernel (__device_set_driver_override, drivers/base/dd.c): cut at the
     * first NUL or newline, empty to clear it.
     *
     * @throws VfioException EINVAL where the text is too long
     */
    public static String overrideOf(String function, String text) {
        if (text.getBytes(StandardCharsets.UTF_8).length >= OVERRIDE_LIMIT) {
            throw new VfioException(Errno.EINVAL, "write the override of " + function + ": the text has "
                    + OVERRIDE_LIMIT + " bytes or more");
        }
        return text.split("[\0\n]", 2)[0];
    }

    public List<Outcome> probeAll() {
        List<Outcome> outcomes = new ArrayList<>();
        for (FunctionSlot slot : functions.all()) {
            if (slot.bound() != null) {
                continue; // read without the function's lock: a driver may be opening or closing it
            }
            slot.exclusively(() -> {
                slot.forgiveAll();
                List<String> steps = slot.bound() == null ? matching.rematch(slot) : List.of();
                if (!steps.isEmpty()) {
                    Bound bound = slot.bound();
                    outcomes.add(new Outcome(slot.name(), bound == null ? null : bound.driver().name(), false,
                            bound != null, steps));
                }
            });
        }
        return outcomes;
    }

    private static Outcome outcome(FunctionSlot slot, String driver, boolean dryRun, List<String> steps) {
        return new Outcome(slot.name(), driver, dryRun, true, List.copyOf(steps));
    }
}
