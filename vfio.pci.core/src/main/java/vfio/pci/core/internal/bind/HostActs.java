// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.core.text.Spelling;
import vfio.pci.core.admin.PciAdmin.HostRequest;
import vfio.pci.core.bus.HostBinding;
import vfio.pci.core.bus.HostBinding.Request;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Guards;

/** The acts of an operator that happen on the host below a bus. Each runs with the function's lock held. */
public final class HostActs {
    private final EventLog events;

    public HostActs(EventLog events) {
        this.events = events;
    }

    /**
     * Returns the host that bind is to ask; empty where the host has given the function to VFIO and the request wants nothing
     * more.
     *
     * @throws VfioException EOPNOTSUPP where the request wants something of a host and there is none; EINVAL for a guard that
     *     cannot be forced; EBUSY where a driver of the core has the function
     */
    public static Optional<HostBinding> asked(FunctionSlot slot, HostRequest request) {
        boolean changing = request.driver() != null || request.owner() != null;
        Optional<HostBinding> binding = changing || !request.force().isEmpty()
                ? Optional.of(below(slot, "bind " + slot.name() + " on its host")) : slot.function().hostBinding();
        binding.ifPresent(host -> requireKnown(slot, request.force(), host.guards()));
        if (binding.isEmpty() || Guards.given(slot) && !changing) {
            return Optional.empty();
        }
        if (slot.bound() != null) {
            throw new VfioException(Errno.EBUSY, "bind " + slot.name() + " on its host: driver "
                    + slot.bound().driver().name() + " has it; unbind it first");
        }
        return binding;
    }

    private static void requireKnown(FunctionSlot slot, List<String> forced, List<String> guards) {
        for (String name : forced) {
            if (!guards.contains(name)) {
                throw new VfioException(Kind.UNKNOWN_NAME, Errno.EINVAL, "bind " + slot.name() + " on its host: no guard '"
                        + name + "' can be forced" + Spelling.hint(name, guards) + "; they are " + String.join(", ", guards));
            }
        }
    }

    /**
     * Returns the host below a function's bus.
     *
     * @throws VfioException EOPNOTSUPP where there is no host to change anything on
     */
    public static HostBinding below(FunctionSlot slot, String act) {
        return slot.function().hostBinding().orElseThrow(() -> new VfioException(Errno.EOPNOTSUPP, act + ": bus "
                + slot.bus().name() + " has no host below it that could be asked"));
    }

    private static Request request(HostRequest request) {
        return new Request(request.driver(), Set.copyOf(request.force()), request.owner());
    }

    public static List<String> plan(HostBinding binding, HostRequest request) {
        return binding.plan(request(request));
    }

    public List<String> take(FunctionSlot slot, HostBinding binding, HostRequest request) {
        boolean before = binding.taken();
        List<String> steps = binding.take(request(request));
        if (!before && binding.taken()) {
            events.record("host-taken", slot.name(), String.join(", ", steps));
        }
        return steps;
    }

    /**
     * Gives back to the host what this act took, after the bind to the core's driver has failed, and returns the failure with
     * what was given back.
     */
    public VfioException undone(FunctionSlot slot, HostBinding binding, VfioException failure) {
        try {
            return new VfioException(failure.errno(), failure.sentence() + "; " + String.join(", ", giveBack(slot, binding)),
                    failure);
        } catch (VfioException e) {
            return new VfioException(failure.errno(), failure.sentence() + "; " + e.sentence(), failure);
        }
    }

    /** Returns the host from which bind took the function, where that is not given back yet. */
    public static Optional<HostBinding> taken(FunctionSlot slot) {
        return slot.function().hostBinding().filter(HostBinding::taken);
    }

    /**
     * Returns a clause on a function that a VFIO driver of its host has by an override, while no bind is remembered that took
     * it: the host's operator may have given it, or the record is lost.
     */
    public static Optional<String> left(FunctionSlot slot) {
        return slot.function().hostBinding().flatMap(binding -> slot.function().host())
                .filter(host -> host.override() != null && Guards.given(slot))
                .map(host -> "left with " + host.driver() + " of its host, since no bind is remembered that took it; "
                        + "'vfio unbind " + slot.address() + " --to-host' gives it to the host's own driver");
    }

    public List<String> toHost(FunctionSlot slot, HostBinding binding) {
        List<String> steps = binding.toHost();
        if (!steps.isEmpty()) {
            events.record("host-given-back", slot.name(), String.join(", ", steps));
        }
        return steps;
    }

    public List<String> giveBack(FunctionSlot slot, HostBinding binding) {
        List<String> steps = binding.giveBack();
        events.record("host-given-back", slot.name(), String.join(", ", steps));
        return steps;
    }
}
