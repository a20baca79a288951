// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.VfioDevice;
import vfio.core.thread.Deadline;
import vfio.pci.core.FunctionBackend;
import vfio.pci.core.PciBinding;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.internal.reset.ResetOrder;
import vfio.pci.core.internal.sriov.VfToken;

/**
 * One present function and what the core has decided about it. It lives from the bus's {@code added} to its
 * {@code removed}.
 *
 * <p>{@link #exclusively} makes its acts one after the other; a driver may be waited for while it is held, the registry's lock
 * may be taken inside, never the other way round. What it decides is written under it and may be read without, so that a
 * list never waits for a driver.
 */
public final class FunctionSlot {
    /** Failures of one driver here, after which it is left out. */
    public static final int FAILURES = 3;

    /** A driver that failed here. */
    public record Failure(int count, String reason) {
    }

    /**
     * The function with its driver.
     *
     * @param backend what the device's defaults reach
     * @param vfio the VFIO device made of it, null where the driver uses the function itself
     * @param token what its user shares with those of its VFs, null where it is no PF or no VFIO device
     */
    public record Bound(RegisteredDriver driver, VfioPciDevice device, FunctionBackend backend, PciBinding binding,
            VfioDevice vfio, VfToken token) {
        public boolean inUse() {
            return vfio != null && vfio.inUse();
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final PciBus bus;
    private final PciFunction function;
    private final ResetOrder resetOrder = new ResetOrder();
    private final String address;
    private final String name;
    private volatile BindPolicy policy = BindPolicy.MANUAL;
    private volatile String override;
    private volatile OverrideOrigin origin;
    private volatile Bound bound;
    private volatile IommuMembers.Member member;
    private volatile boolean removed;
    private volatile boolean held;
    private volatile boolean unbound;
    private volatile String unmet;
    private volatile Map<RegisteredDriver, Failure> failures = Map.of();

    public FunctionSlot(PciBus bus, PciFunction function) {
        this.bus = bus;
        this.function = function;
        address = function.address().toString();
        name = bus.name() + "/" + address;
    }

    public PciBus bus() {
        return bus;
    }

    public PciFunction function() {
        return function;
    }

    /** How it is reset. */
    public ResetOrder resetOrder() {
        return resetOrder;
    }

    /** {@code 0000:01:00.1}. */
    public String address() {
        return address;
    }

    /** {@code emulated/0000:01:00.1}. */
    public String name() {
        return name;
    }

    public BindPolicy policy() {
        return policy;
    }

    public void policy(BindPolicy policy) {
        this.policy = policy;
    }

    /** Null where none is set. */
    public String override() {
        return override;
    }

    /** Null where no override is set. */
    public OverrideOrigin origin() {
        return origin;
    }

    public void override(String text, OverrideOrigin origin) {
        override = text;
        this.origin = text == null ? null : origin;
    }

    /** Null where no driver is bound. */
    public Bound bound() {
        return bound;
    }

    public void bound(Bound bound) {
        this.bound = bound;
    }

    /** Its way to memory; null where its bus or its host has an IOMMU of its own, or none. */
    public IommuMembers.Member member() {
        return member;
    }

    public void member(IommuMembers.Member made) {
        member = made;
    }

    /** Unplugged: nothing is bound to it any more. */
    public boolean removed() {
        return removed;
    }

    public void markRemoved() {
        removed = true;
    }

    /** A handover has taken its driver and will say what follows. */
    public boolean held() {
        return held;
    }

    public void held(boolean held) {
        this.held = held;
    }

    /** An operator has unbound it: as in the kernel, nothing but a new driver or an act of his binds it again. */
    public boolean unbound() {
        return unbound;
    }

    public void unbound(boolean unbound) {
        this.unbound = unbound;
    }

    /** Why its standing policy had not what it wants when that was last looked at, or null. */
    public String unmet() {
        return policy.standing() ? unmet : null;
    }

    public void unmet(String why) {
        unmet = why;
    }

    public Map<RegisteredDriver, Failure> failures() {
        return failures;
    }

    /** Nothing is kept of a driver that has left. */
    public synchronized void failed(RegisteredDriver driver, String reason) {
        if (driver.gone()) {
            return;
        }
        Map<RegisteredDriver, Failure> next = new LinkedHashMap<>(failures);
        next.merge(driver, new Failure(1, reason), (old, one) -> new Failure(old.count + 1, reason));
        failures = next;
    }

    /** The operator asks: no driver is left out any more, and an earlier unbind counts no more. */
    public synchronized void forgiveAll() {
        unbound = false;
        failures = Map.of();
    }

    /** A driver has left, or is bound: its failures count no more. */
    public synchronized void forgive(RegisteredDriver driver) {
        if (failures.containsKey(driver)) {
            Map<RegisteredDriver, Failure> next = new LinkedHashMap<>(failures);
            next.remove(driver);
            failures = next;
        }
    }

    public boolean skips(RegisteredDriver driver) {
        Failure failure = failures.get(driver);
        return failure != null && failure.count >= FAILURES;
    }

    /** Runs an act while nobody else runs one on this function; an act may lead to another of the same thread. */
    public <T> T exclusively(Supplier<T> act) {
        lock.lock();
        try {
            return act.get();
        } finally {
            lock.unlock();
        }
    }

    /** Runs an act without a result, as {@link #exclusively(Supplier)}. */
    public void exclusively(Runnable act) {
        exclusively(() -> {
            act.run();
            return null;
        });
    }

    /**
     * Runs an act as {@link #exclusively(Supplier)} if no other is under way at the deadline; an interrupt ends the wait.
     *
     * @return false where another was: the act did not run
     */
    public boolean exclusivelyWithin(Deadline deadline, Runnable act) {
        try {
            if (!lock.tryLock() && !lock.tryLock(deadline.leftNanos(), TimeUnit.NANOSECONDS)) {
                return false;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        try {
            act.run();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the device that a user opens.
     *
     * @throws VfioException ENODEV where no driver is bound, EBUSY where the driver uses the function itself
     */
    public VfioDevice opened() {
        Bound now = bound;
        if (now == null) {
            throw new VfioException(VfioException.Kind.NOT_BOUND, Errno.ENODEV, "open " + name()
                    + ": no driver is bound; bind one first");
        }
        if (now.vfio() == null) {
            throw new VfioException(Errno.EBUSY, "open " + name() + ": driver " + now.driver().name()
                    + " uses the function itself; unbind it first");
        }
        return now.vfio();
    }
}
