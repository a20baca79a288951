// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.pci.core.bus.HostBinding;
import vfio.pci.core.id.DeviceKey;

/**
 * Takes one function from its host's driver by {@code driver_override}, and gives it back. It keeps no state: what was taken
 * is remembered in files, and the present is read from sysfs. An act that has begun goes on to its end or its roll-back, even
 * where its caller is interrupted.
 */
public final class HostTakeover implements HostBinding {
    private final GuardedFunction function;
    private final DeviceKey key;
    private final HostSide side;
    private final HostDriver host;
    private final WayBack back;

    /** Reads and changes nothing yet. */
    public HostTakeover(GuardedFunction function, DeviceKey key, HostSide side) {
        this.function = function;
        this.key = key;
        this.side = side;
        host = new HostDriver(function, side.outside(), side.sysfs());
        back = new WayBack(function, side);
    }

    @Override
    public List<String> guards() {
        return side.guards().names();
    }

    @Override
    public List<String> plan(Request request) {
        DriverChoice chosen = choose("plan binding " + function, request);
        List<String> steps = new ArrayList<>();
        side.guards().objections(function, chosen.first()).forEach(each -> steps.add(
                (each.forceable() && request.force().contains(each.guard()) ? "forced: " : "refused: ") + each));
        if (steps.isEmpty()) {
            steps.add("no guard speaks against it");
        }
        if (isThere(chosen)) {
            steps.add("host driver " + host.name() + " has it already");
        } else {
            steps.addAll(writes(chosen));
        }
        if (request.owner() != null) {
            NodeOwner owner = new NodeOwner(function, side.nodes(), request.owner());
            owner.principal();
            steps.add("give its nodes to " + request.owner());
            steps.add(owner.rule());
        }
        return steps;
    }

    private DriverChoice choose(String act, Request request) {
        back.refuseWhileWaiting(act);
        host.requireOverride(act);
        return DriverChoice.of(function, key, request.driver(), side.drivers());
    }

    private boolean isThere(DriverChoice chosen) {
        return host.name() != null && host.name().equals(chosen.first());
    }

    private List<String> writes(DriverChoice chosen) {
        List<String> steps = new ArrayList<>();
        if (!chosen.isLoaded()) {
            steps.add("load module " + chosen.module());
        }
        steps.add("write " + chosen + " to " + host.overrideFile() + ", now "
                + Objects.requireNonNullElse(host.override(), "none"));
        if (host.name() != null) {
            steps.add("write " + function + " to " + host.unbindFile() + ", now of " + host.name());
        }
        steps.add("write " + function + " to " + host.probeFile());
        return steps;
    }

    @Override
    public List<String> take(Request request) {
        return changing(() -> taking(request));
    }

    private <T> T changing(Supplier<T> act) {
        return Uninterrupted.call("vfio-host " + function, () -> {
            side.taken().begin(function.address());
            try {
                return act.get();
            } finally {
                side.taken().end(function.address());
            }
        });
    }

    private List<String> taking(Request request) {
        String act = DriverChoice.act(function);
        DriverChoice chosen = choose("bind " + function, request);
        NodeOwner owner = request.owner() == null ? null : new NodeOwner(function, side.nodes(), request.owner());
        if (owner != null) {
            owner.principal();
        }
        List<String> steps = new ArrayList<>();
        boolean there = isThere(chosen);
        if (!there) {
            side.guards().check(act, function, chosen.first(), request.force());
            steps.addAll(change(act, loaded(chosen, steps), request.force()));
        }
        if (owner != null) {
            steps.addAll(give(owner, !there));
        }
        return steps;
    }

    private List<String> give(NodeOwner owner, boolean took) {
        try {
            return owner.give();
        } catch (VfioException e) {
            throw took ? back.rolledBack(e) : e;
        }
    }

    private DriverChoice loaded(DriverChoice chosen, List<String> steps) {
        if (chosen.isLoaded()) {
            return chosen;
        }
        side.outside().load(chosen.module());
        steps.add("loaded module " + chosen.module());
        return chosen.loaded(side.drivers());
    }

    private List<String> change(String act, DriverChoice chosen, Set<String> force) {
        side.guards().check(act, function, chosen.first(), force); // loading took its time
        TakenFunction taken = toBeTaken();
        VfioException failure = null;
        for (String driver : chosen.drivers()) {
            side.taken().remember(function.address(), taken.to(driver));
            try {
                return bound(driver);
            } catch (VfioException e) {
                failure = e;
            }
            if (side.outside().waiting(function.address()).isPresent()) {
                break;
            }
        }
        throw back.rolledBack(failure);
    }

    /** Returns what the function goes back to: the finding of an earlier act, where that act was not undone. */
    private TakenFunction toBeTaken() {
        String override = host.override();
        String identity = function.directory().identity().orElseThrow(() -> new VfioException(Errno.ENODEV,
                DriverChoice.act(function) + ": the function is gone"));
        return back.taken().filter(taken -> taken.driver().equals(override))
                .orElseGet(() -> new TakenFunction(identity, null, host.name(), override));
    }

    private List<String> bound(String driver) {
        List<String> steps = new ArrayList<>();
        String was = host.name();
        steps.add("wrote driver_override " + driver + ", was " + Objects.requireNonNullElse(host.override(), "none"));
        host.override(driver);
        if (was != null) {
            host.unbind();
            steps.add("unbound from " + was + " of its host");
        }
        host.probe(driver);
        if (!side.drivers().have(function)) {
            throw new VfioException(Errno.ENODEV, DriverChoice.act(function) + " to " + driver
                    + ": that driver is none of VFIO's, which has not got the function by it");
        }
        steps.add("bound to " + driver + " of its host");
        return steps;
    }

    @Override
    public Optional<Former> former() {
        return back.taken().map(taken -> new Former(taken.formerDriver(), taken.formerOverride()));
    }

    @Override
    public List<String> giveBack() {
        return changing(back::giveBack);
    }

    @Override
    public List<String> planToHost() {
        return back.planToHost();
    }

    @Override
    public List<String> toHost() {
        return changing(back::toHost);
    }
}
