// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.guard.OpenFiles.Holder;
import vfio.pci.core.DeviceKey;
import vfio.pci.core.PciFunction.KernelDriver;
import vfio.pci.core.bus.HostBinding;

/**
 * Takes one function from its host's driver by {@code driver_override}, and gives it back. It keeps no state of its own: what
 * was taken is remembered in files, what holds is read from sysfs.
 */
public final class HostTakeover implements HostBinding {
    private final GuardedFunction function;
    private final DeviceKey key;
    private final HostSide side;
    private final HostDriver host;

    public HostTakeover(GuardedFunction function, DeviceKey key, HostSide side) {
        this.function = function;
        this.key = key;
        this.side = side;
        host = new HostDriver(function, side.outside(), side.sysfs());
    }

    @Override
    public List<String> guards() {
        return side.guards().names();
    }

    @Override
    public List<String> plan(Request request) {
        refuseWhileWaiting("plan binding ");
        KernelDriver chosen = choose(request.driver());
        List<String> steps = new ArrayList<>();
        side.guards().objections(function, chosen.driver()).forEach(each -> steps.add(
                (each.forceable() && request.force().contains(each.guard()) ? "forced: " : "refused: ") + each));
        if (steps.isEmpty()) {
            steps.add("no guard speaks against it");
        }
        boolean there = host.name() != null && host.name().equals(chosen.driver());
        if (there) {
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

    private List<String> writes(KernelDriver chosen) {
        List<String> steps = new ArrayList<>();
        if (chosen.driver() == null) {
            steps.add("load module " + chosen.module());
        }
        String driver = chosen.driver() == null ? "the driver of module " + chosen.module() : chosen.driver();
        steps.add("write " + driver + " to " + host.overrideFile() + ", now "
                + Objects.requireNonNullElse(host.override(), "none"));
        if (host.name() != null) {
            steps.add("write " + function + " to " + host.unbindFile() + ", now of " + host.name());
        }
        steps.add("write " + function + " to " + host.probeFile());
        return steps;
    }

    @Override
    public List<String> take(Request request) {
        String act = "bind " + function + " on its host";
        refuseWhileWaiting("bind ");
        KernelDriver chosen = choose(request.driver());
        NodeOwner owner = request.owner() == null ? null : new NodeOwner(function, side.nodes(), request.owner());
        if (owner != null) {
            owner.principal();
        }
        List<String> steps = new ArrayList<>();
        boolean there = host.name() != null && host.name().equals(chosen.driver());
        if (!there) {
            side.guards().check(act, function, chosen.driver(), request.force());
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
            throw took ? rolledBack(e) : e;
        }
    }

    /** The best, or the one of a name; a module may be named where its driver is not known yet. */
    private KernelDriver choose(String wanted) {
        List<KernelDriver> matching = side.drivers().matching(key, host.name());
        return matching.stream().filter(each -> wanted == null || wanted.equals(each.driver())
                || each.driver() == null && wanted.equals(each.module())).findFirst()
                .orElseThrow(() -> new VfioException(Errno.ENODEV, "bind " + function + " on its host"
                        + (wanted == null ? "" : " to " + wanted) + ": the kernel has no such VFIO driver for it; it has "
                        + (matching.isEmpty() ? "none, load vfio-pci" : String.join(", ", matching.stream()
                        .map(each -> each.driver() == null ? "module " + each.module() : each.driver()).toList()))));
    }

    /** The driver's name, read back from sysfs where its module had to be loaded first. */
    private String loaded(KernelDriver chosen, List<String> steps) {
        if (chosen.driver() != null) {
            return chosen.driver();
        }
        side.outside().load(chosen.module());
        steps.add("loaded module " + chosen.module());
        return side.drivers().registeredBy(chosen.module()).stream().findFirst()
                .orElseThrow(() -> new VfioException(Errno.ENODEV, "bind " + function + " on its host: module "
                        + chosen.module() + " is loaded and has no PCI driver"));
    }

    private List<String> change(String act, String driver, Set<String> force) {
        side.guards().check(act, function, driver, force); // loading took its time
        List<String> steps = new ArrayList<>();
        String was = host.name();
        String override = host.override();
        Taken before = remembered().filter(taken -> taken.driver().equals(override)).orElse(null);
        side.taken().remember(function.address(), before == null ? new Taken(key, driver, was, override)
                : new Taken(key, driver, before.formerDriver(), before.formerOverride()));
        try {
            host.override(driver);
            steps.add("wrote driver_override " + driver + ", was " + Objects.requireNonNullElse(override, "none"));
            if (was != null) {
                host.unbind();
                steps.add("unbound from " + was + " of its host");
            }
            host.probe(driver);
            steps.add("bound to " + driver + " of its host");
            return steps;
        } catch (VfioException e) {
            throw rolledBack(e);
        }
    }

    private VfioException rolledBack(VfioException failure) {
        Optional<String> waiting = side.outside().waiting(function.address());
        if (waiting.isPresent()) {
            return new VfioException(failure.errno(), failure.sentence() + "; " + whoHolds() + waiting.get()
                    + ", then 'vfio unbind " + function + "' gives it back", failure);
        }
        Taken taken = remembered().orElseThrow();
        try {
            restore(taken);
            side.taken().forget(function.address());
            return new VfioException(failure.errno(), failure.sentence() + "; "
                    + (taken.formerDriver() == null ? "it has no host driver, as before" : "host driver "
                    + taken.formerDriver() + " has it again"), failure);
        } catch (VfioException e) {
            return new VfioException(failure.errno(), failure.sentence() + "; giving it back failed too: " + e.sentence()
                    + "; 'vfio unbind " + function + "' tries again", failure);
        }
    }

    private String whoHolds() {
        return String.join("", side.nodes().holders(function).stream().map(holder -> holder + "; ").toList());
    }

    private void refuseWhileWaiting(String act) {
        side.outside().waiting(function.address()).ifPresent(earlier -> {
            throw new VfioException(Errno.EBUSY, act + function + " on its host: " + whoHolds() + earlier);
        });
    }

    private Optional<Taken> remembered() {
        return side.taken().of(function.address()).filter(taken -> taken.key().equals(key));
    }

    @Override
    public Optional<Former> former() {
        return remembered().filter(taken -> side.outside().waiting(function.address()).isPresent() || stillOurs(taken))
                .map(taken -> new Former(taken.formerDriver(), taken.formerOverride()));
    }

    /** Else somebody has changed it since, whose it is now. */
    private boolean stillOurs(Taken taken) {
        String override = host.override();
        String driver = host.name();
        boolean known = driver == null || driver.equals(taken.driver()) || driver.equals(taken.formerDriver());
        return known && (taken.driver().equals(override) || Objects.equals(taken.formerOverride(), override));
    }

    @Override
    public List<String> giveBack() {
        refuseWhileWaiting("give back ");
        Taken taken = remembered().orElseThrow(() -> new VfioException(Errno.ENODEV, "give back " + function
                + " to its host: it was not taken from it"));
        if (!stillOurs(taken)) {
            side.taken().forget(function.address());
            return List.of("its host's driver or override was changed since: left as it is");
        }
        if (taken.driver().equals(host.name())) {
            refuseIfHeld();
        }
        List<String> steps = new ArrayList<>();
        try {
            steps.addAll(restore(taken));
        } catch (VfioException e) {
            throw new VfioException(e.errno(),
                    e.sentence() + "; " + whoHolds() + "'vfio unbind " + function + "' tries again", e);
        }
        side.taken().forget(function.address());
        return steps;
    }

    private void refuseIfHeld() {
        List<Holder> holders = side.nodes().holders(function);
        if (!holders.isEmpty()) {
            throw new VfioException(Errno.EBUSY, "give back " + function + " to its host: "
                    + String.join("; ", holders.stream().map(Holder::toString).toList())
                    + "; the kernel would wait for it; close it there first");
        }
    }

    private List<String> restore(Taken taken) {
        List<String> steps = new ArrayList<>();
        if (host.name() != null && !host.name().equals(taken.formerDriver())) {
            steps.add("unbound from " + host.name() + " of its host");
            host.unbind();
        }
        host.override(taken.formerOverride());
        steps.add("driver_override is " + Objects.requireNonNullElse(taken.formerOverride(), "none") + " again");
        if (taken.formerDriver() != null && !taken.formerDriver().equals(host.name())) {
            host.probe(taken.formerDriver());
            steps.add("host driver " + taken.formerDriver() + " has it again");
        }
        return steps;
    }
}
