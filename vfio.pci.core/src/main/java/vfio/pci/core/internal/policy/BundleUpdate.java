// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.core.device.VfioDevice;
import vfio.pci.core.internal.assembly.Assembly;
import vfio.pci.core.internal.assembly.Way;
import vfio.pci.core.internal.bind.DriverExchange;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.RegisteredDriver;

/** An update under way: functions go from the drivers of the former bundles to those of the next one. */
public final class BundleUpdate {
    private final Set<Long> former;
    private final long next;
    private final DriverRegistry registry;
    private final DriverExchange exchange;
    /** The drivers of before of the functions that have gone over. */
    private final Map<FunctionSlot, RegisteredDriver> before = new ConcurrentHashMap<>();
    /** The functions that have gone back, which do not follow by themselves. */
    private final Set<FunctionSlot> back = ConcurrentHashMap.newKeySet();
    private final Illness illness = new Illness();
    private final CallCount calls = new CallCount();
    private volatile boolean atLastClose;
    private boolean ended;

    /** Begins the update. */
    BundleUpdate(Set<Long> former, long next, DriverRegistry registry, DriverExchange exchange) {
        this.former = Set.copyOf(former);
        this.next = next;
        this.registry = registry;
        this.exchange = exchange;
        registry.beginUpdate(this.former, next);
        drivers().forEach(illness::begin);
        drivers().map(RegisteredDriver::worker).distinct().forEach(calls::begin);
    }

    /** Returns the number of the next bundle. */
    public long next() {
        return next;
    }

    /** Tells whether a driver of the former bundles has the function. */
    public boolean isToMove(FunctionSlot slot) {
        Bound bound = slot.bound();
        return bound != null && former.contains(bound.driver().bundle().id());
    }

    /** Returns the drivers of the next build that are here. */
    public Stream<RegisteredDriver> drivers() {
        return registry.snapshot().all().filter(driver -> driver.bundle().id() == next);
    }

    /** Returns the next build's driver of a name. */
    public Optional<RegisteredDriver> driver(String name) {
        return drivers().filter(driver -> driver.name().equals(name)).findFirst();
    }

    /**
     * Exchanges the driver of one function, with the function's lock held.
     *
     * @return empty where the function has the next build's driver already
     * @throws VfioException ENODEV where the function has no driver, or one of another bundle, or the next build has none;
     *     EOPNOTSUPP where the next build has none of its name; else as {@link DriverExchange#run}
     */
    public Optional<Assembly.Exchange> move(FunctionSlot slot) {
        Bound bound = slot.bound();
        if (bound != null && bound.driver().bundle().id() == next) {
            return Optional.empty();
        }
        String act = "exchange the driver of " + slot.name() + ": ";
        if (!isToMove(slot)) {
            throw new VfioException(Kind.LEFT, Errno.ENODEV, act + (slot.removed() ? "the function is gone"
                    : bound == null ? "no driver is bound to it" : bound.driver() + " has it, which is not updated"));
        }
        RegisteredDriver to = driver(bound.driver().name()).orElseThrow(() -> new VfioException(
                drivers().findAny().isPresent() ? Errno.EOPNOTSUPP : Errno.ENODEV,
                act + "the next build has no driver " + bound.driver().name()));
        Assembly.Exchange done = exchange.run(slot, to);
        before.put(slot, bound.driver());
        back.remove(slot);
        illness.toAsk(slot);
        return Optional.of(done);
    }

    /**
     * Gives one function back to the build that it came from, with the function's lock held.
     *
     * @return empty where a former build's driver has the function already
     * @throws VfioException ENODEV where the function has no driver, or one of another bundle, or the build that it came from
     *     is not here any more; else as {@link DriverExchange#back}
     */
    public Optional<Assembly.Exchange> back(FunctionSlot slot) {
        if (isToMove(slot)) {
            return Optional.empty();
        }
        Bound bound = slot.bound();
        String act = "give " + slot.name() + " back: ";
        if (bound == null || bound.driver().bundle().id() != next) {
            throw new VfioException(Kind.LEFT, Errno.ENODEV, act + (slot.removed() ? "the function is gone"
                    : bound == null ? "no driver is bound to it" : bound.driver() + " has it, which is not updated"));
        }
        RegisteredDriver to = Optional.ofNullable(before.get(slot)).filter(driver -> !driver.gone())
                .or(() -> registry.snapshot().all().filter(driver -> former.contains(driver.bundle().id())
                        && driver.name().equals(bound.driver().name())).findFirst())
                .orElseThrow(() -> new VfioException(Errno.ENODEV, act + "no build that it came from is here any more"));
        back.add(slot);
        illness.forget(slot);
        if (bound.vfio() != null) {
            bound.vfio().count(false);
        }
        Assembly.Exchange done = given(slot, to, bound.driver());
        before.remove(slot);
        return Optional.of(done);
    }

    private Assembly.Exchange given(FunctionSlot slot, RegisteredDriver to, RegisteredDriver from) {
        boolean ill = illness.sign(from).isPresent();
        try {
            return exchange.back(slot, to, ill);
        } catch (VfioException e) {
            if (!ill && e.kind() == Kind.NOT_HANDED_OVER) { // it keeps the function, and works: this is no sign
                illness.begin(from);
                back.remove(slot);
            }
            throw e;
        }
    }

    /** Returns what is wrong with the next build's drivers; empty while nothing is. */
    public Optional<String> illness() {
        return illness.signs(drivers().toList(), !before.isEmpty());
    }

    /**
     * Returns how many calls the next build's drivers have had; counts those of users, which slows them down, from the first
     * time that somebody asks until there are {@code enough}.
     */
    public long calls(long enough) {
        long ofServices = moved().mapToLong(bound -> bound.assembly().serviceCalls()).sum();
        return calls.until(enough, drivers().map(RegisteredDriver::worker).distinct().toList(), devices(), ofServices);
    }

    /** Returns the bindings of the functions that have gone over. */
    private Stream<Bound> moved() {
        return before.keySet().stream().map(FunctionSlot::bound)
                .filter(bound -> bound != null && bound.driver().bundle().id() == next);
    }

    private List<VfioDevice> devices() {
        return moved().map(Bound::vfio).filter(Objects::nonNull).toList();
    }

    /** Tells whether the function goes over now that nobody has it open. */
    boolean follows(FunctionSlot slot) {
        Bound bound = slot.bound();
        return atLastClose && isToMove(slot) && !back.contains(slot) && driver(bound.driver().name())
                .filter(to -> !slot.skips(to) && bound.assembly().way(to.service()) == Way.IDLE).isPresent();
    }

    /**
     * Has the next build's drivers serve their names.
     *
     * @param idleFollow whether functions that the former bundles still have go over when their last user closes
     */
    public synchronized void serve(boolean idleFollow) {
        refuseEnded();
        registry.serve(former, next);
        atLastClose = idleFollow;
    }

    /** Has the former builds' drivers serve their names again. */
    public synchronized void withdraw() {
        refuseEnded();
        atLastClose = false;
        registry.withdraw(former, next);
    }

    private void refuseEnded() {
        if (ended) {
            throw new IllegalStateException("the update from " + former + " to " + next + " was closed");
        }
    }

    /** Ends the update, once. */
    synchronized void end() {
        if (!ended) {
            ended = true;
            atLastClose = false;
            moved().forEach(bound -> bound.assembly().forgetState());
            devices().forEach(device -> device.count(false));
            before.clear();
            back.clear();
            registry.endUpdate(former, next);
        }
    }
}
