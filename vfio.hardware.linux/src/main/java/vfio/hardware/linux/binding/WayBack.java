// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.guard.OpenFiles.Holder;

/**
 * The way of one function back to its host: to the driver and the override that are remembered or, where none are, to the
 * driver that the kernel chooses by itself.
 */
final class WayBack {
    private final GuardedFunction function;
    private final HostSide side;
    private final HostDriver host;

    WayBack(GuardedFunction function, HostSide side) {
        this.function = function;
        this.side = side;
        host = new HostDriver(function, side.outside(), side.sysfs());
    }

    /** Returns what is remembered of this very function: one that was plugged anew was never taken. */
    Optional<TakenFunction> remembered() {
        return side.taken().of(function.address()).filter(this::isOfThis);
    }

    /** Tells whether a record is this function's; an older daemon's record has the ids alone, and counts too. */
    private boolean isOfThis(TakenFunction taken) {
        return function.directory().identity().filter(taken.identity()::equals).isPresent()
                || function.directory().line("modalias").filter(taken.identity()::equals).isPresent();
    }

    /** Returns what is remembered where nobody has rebound the function since. */
    Optional<TakenFunction> taken() {
        return remembered().filter(taken -> waiting().isPresent() || isOurs(taken));
    }

    private Optional<String> waiting() {
        return side.outside().waiting(function.address());
    }

    /**
     * Tells whether the function is as the act that took it has left it. Otherwise somebody has rebound it, or has bound it
     * as it was before. Without an override, and without the former one, it is on its way back.
     */
    private boolean isOurs(TakenFunction taken) {
        String override = host.override();
        String driver = host.name();
        boolean known = driver == null || driver.equals(taken.driver()) || driver.equals(taken.formerDriver());
        return known && !isAsItWas(taken) && (taken.driver().equals(override) || override == null
                && taken.formerDriver() != null || Objects.equals(taken.formerOverride(), override));
    }

    private boolean isAsItWas(TakenFunction taken) {
        return Objects.equals(host.name(), taken.formerDriver()) && Objects.equals(host.override(), taken.formerOverride());
    }

    /** Forgets the record of a function that is as it was before, or of another function. */
    void settle() {
        if (waiting().isEmpty()) {
            side.taken().settle(function.address(), taken -> remembered().isEmpty() || isAsItWas(taken));
        }
    }

    /**
     * Refuses while an earlier write is under way.
     *
     * @throws VfioException EBUSY while the kernel has not come back from an earlier write
     */
    void refuseWhileWaiting(String act) {
        waiting().ifPresent(earlier -> {
            throw new VfioException(Errno.EBUSY, act + " on its host: " + whoHolds() + earlier);
        });
    }

    private String whoHolds() {
        return side.nodes().holders(function).stream().map(holder -> holder + "; ").collect(Collectors.joining());
    }

    /** Gives the function back as it was; returns the steps. */
    List<String> giveBack() {
        refuseWhileWaiting("give back " + function);
        TakenFunction taken = remembered().orElseThrow(() -> new VfioException(Errno.ENODEV, "give back " + function
                + " to its host: it was not taken from it"));
        if (!isOurs(taken)) {
            side.taken().forget(function.address());
            return List.of("its host's driver or override was changed since: left as it is");
        }
        if (taken.driver().equals(host.name())) {
            refuseIfHeld("give back " + function + " to its host", holder -> true);
        }
        List<String> steps = new ArrayList<>();
        try {
            steps.addAll(restore(taken));
        } catch (VfioException e) {
            throw again(e, "'vfio unbind " + function + "'");
        }
        side.taken().forget(function.address());
        return steps;
    }

    private VfioException again(VfioException failure, String command) {
        return new VfioException(failure.errno(), failure.sentence() + "; " + whoHolds() + command + " tries again", failure);
    }

    private void refuseIfHeld(String act, Predicate<Holder> counts) {
        List<Holder> holders = side.nodes().holders(function).stream().filter(counts).toList();
        if (!holders.isEmpty()) {
            throw new VfioException(Errno.EBUSY, act + ": "
                    + holders.stream().map(Holder::toString).collect(Collectors.joining("; "))
                    + "; the kernel would wait for it; close it there first");
        }
    }

    /**
     * Restores driver and override. The override keeps all other drivers off, and so comes last where the driver is another.
     */
    private List<String> restore(TakenFunction taken) {
        List<String> steps = new ArrayList<>();
        String former = taken.formerDriver();
        if (host.name() != null && !host.name().equals(former)) {
            steps.add("unbound from " + host.name() + " of its host");
            host.unbind();
        }
        boolean binding = former != null && !former.equals(host.name());
        if (binding) {
            host.override(former.equals(taken.formerOverride()) ? former : null);
            host.bind(former);
            steps.add("host driver " + former + " has it again");
        }
        host.override(taken.formerOverride());
        steps.add("driver_override is " + Objects.requireNonNullElse(taken.formerOverride(), "none") + " again");
        return steps;
    }

    /** Undoes an act that failed; returns the failure with what became of the function. */
    VfioException rolledBack(VfioException failure) {
        Optional<String> waiting = waiting();
        if (waiting.isPresent()) {
            return new VfioException(failure.errno(), failure.sentence() + "; " + whoHolds() + waiting.get()
                    + ", then 'vfio unbind " + function + "' gives it back", failure);
        }
        Optional<TakenFunction> remembered = remembered();
        if (remembered.isEmpty()) {
            return new VfioException(failure.errno(), failure.sentence() + "; the function is gone", failure);
        }
        TakenFunction taken = remembered.get();
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

    /** Returns the steps that {@link #toHost} would take. */
    List<String> planToHost() {
        refuseToHost(holder -> !holder.own()); // ours is unbound before
        List<String> steps = new ArrayList<>();
        if (isHosts()) {
            return steps;
        }
        if (side.drivers().have(function)) {
            steps.add("write " + function + " to " + host.unbindFile() + ", now of " + host.name());
        }
        if (host.override() != null) {
            steps.add("clear " + host.overrideFile() + ", now " + host.override());
        }
        steps.add("write " + function + " to " + host.probeFile());
        return steps;
    }

    /** Gives the function to the driver that the kernel chooses by its ids, whatever is remembered. */
    List<String> toHost() {
        refuseToHost(holder -> true);
        List<String> steps = new ArrayList<>();
        if (!isHosts()) {
            release(steps);
            steps.add(host.name() == null ? "no driver of its host takes it" : "host driver " + host.name() + " has it");
        }
        side.taken().forget(function.address());
        return steps;
    }

    private void release(List<String> steps) {
        try {
            if (side.drivers().have(function)) {
                steps.add("unbound from " + host.name() + " of its host");
                host.unbind();
            }
            if (host.override() != null) {
                steps.add("cleared driver_override, was " + host.override());
                host.override(null);
            }
            if (host.name() == null) {
                host.probe();
            }
        } catch (VfioException e) {
            throw again(e, "'vfio unbind " + function + " --to-host'");
        }
    }

    /** Tells whether a driver that is not VFIO's has the function, and no override keeps that driver off the next time. */
    private boolean isHosts() {
        return host.name() != null && host.override() == null && !side.drivers().have(function);
    }

    private void refuseToHost(Predicate<Holder> counts) {
        String act = "give " + function + " to its host's driver";
        refuseWhileWaiting(act);
        host.requireOverride(act);
        refuseIfHeld(act, counts);
        side.guards().checkKept(act, function);
    }
}
