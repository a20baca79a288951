// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.VfioDevice;
import vfio.core.thread.Deadline;
import vfio.pci.core.PciBinding;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.internal.assembly.Assembly;
import vfio.pci.core.internal.backend.FunctionBackend;
import vfio.pci.core.internal.function.HostBackend;
import vfio.pci.core.internal.function.RawBackend;
import vfio.pci.core.internal.reset.ResetOrder;
import vfio.pci.core.internal.sriov.VfToken;

/**
 * The place of one present function, with everything that the core has decided about it. A slot lives from the bus's
 * {@code added} to its {@code removed}.
 *
 * <p>{@link #exclusively} runs the function's acts one after the other. While its lock is held a driver may be waited for and
 * the registry's lock may be taken; nobody takes this lock while holding the registry's. An act writes its decisions under
 * the lock, and everybody may read them without it, so that a list never waits for a driver.
 */
public final class FunctionSlot {
    /** The number of failures of one driver on one function after which the core leaves the driver out. */
    public static final int FAILURES = 3;

    /** The failures of one driver on this function, with the latest reason. */
    public record Failure(int count, String reason) {
    }

    /**
     * The binding of the function to a driver.
     *
     * @param token what users of a PF share with users of its VFs, null where the function is no PF or no VFIO device
     */
    public record Bound(RegisteredDriver driver, Assembly assembly, VfToken token) {
        /** Returns the VFIO device made of the function; null where the driver uses the function itself. */
        public VfioDevice vfio() {
            return assembly.vfio();
        }

        /** Returns the backend behind the defaults of the driver's operations. */
        public FunctionBackend backend() {
            return assembly.backend();
        }

        /** Returns the backend of a raw function; empty on a host's bus. */
        public Optional<RawBackend> raw() {
            return backend() instanceof RawBackend raw ? Optional.of(raw) : Optional.empty();
        }

        /** Returns the backend of a function that a host virtualizes; empty on a raw bus. */
        public Optional<HostBackend> host() {
            return backend() instanceof HostBackend host ? Optional.of(host) : Optional.empty();
        }

        /** Returns what the driver's probe has answered. */
        public PciBinding binding() {
            return assembly.binding();
        }

        public boolean inUse() {
            return vfio() != null && vfio().inUse();
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
    private volatile String waitsFor;
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

    /** Returns the function's raw hardware, which the core virtualizes; empty where a host does. */
    public Optional<RawHardware> raw() {
        return function.side().raw();
    }

    /** Returns the order of reset methods for this function. */
    public ResetOrder resetOrder() {
        return resetOrder;
    }

    /** Returns the address, such as {@code 0000:01:00.1}. */
    public String address() {
        return address;
    }

    /** Returns the name of bus and address, such as {@code emulated/0000:01:00.1}. */
    public String name() {
        return name;
    }

    public BindPolicy policy() {
        return policy;
    }

    public void policy(BindPolicy policy) {
        this.policy = policy;
    }

    /** Returns the driver's name that the override holds, or null where no override is set. */
    public String override() {
        return override;
    }

    /** Returns who wrote the override, or null where no override is set. */
    public OverrideOrigin origin() {
        return origin;
    }

    public void override(String text, OverrideOrigin origin) {
        override = text;
        this.origin = text == null ? null : origin;
    }

    /** Returns the binding, or null where no driver is bound. */
    public Bound bound() {
        return bound;
    }

    public void bound(Bound bound) {
        this.bound = bound;
    }

    /** Returns the function's way to memory; null where the bus or its host has an IOMMU of its own, or there is none. */
    public IommuMembers.Member member() {
        return member;
    }

    public void member(IommuMembers.Member made) {
        member = made;
    }

    /** Tells whether the function was unplugged: no driver is bound to it any more. */
    public boolean removed() {
        return removed;
    }

    public void markRemoved() {
        removed = true;
    }

    /** Tells whether a handover has taken the function's driver and will decide what follows. */
    public boolean held() {
        return held;
    }

    public void held(boolean held) {
        this.held = held;
    }

    /**
     * Tells whether an operator or the host has unbound the function: as in the kernel, without a standing policy only a new
     * driver or an operator's act binds it again.
     */
    public boolean unbound() {
        return unbound;
    }

    public void unbound(boolean unbound) {
        this.unbound = unbound;
    }

    /** Returns why the standing policy did not have the driver that it wants, as of the latest look; null where it had. */
    public String unmet() {
        return policy.standing() ? unmet : null;
    }

    public void unmet(String why) {
        unmet = why;
    }

    /** Returns why the latest exchange of the function's driver has to wait; null where none does. */
    public String waitsFor() {
        return waitsFor;
    }

    public void waitsFor(String why) {
        waitsFor = why;
    }

    public Map<RegisteredDriver, Failure> failures() {
        return failures;
    }

    /** Counts a failure of a driver, unless the driver has left. */
    public synchronized void failed(RegisteredDriver driver, String reason) {
        if (driver.gone()) {
            return;
        }
        Map<RegisteredDriver, Failure> next = new LinkedHashMap<>(failures);
        next.merge(driver, new Failure(1, reason), (old, one) -> new Failure(old.count + 1, reason));
        failures = next;
    }

    /** Forgets all failures and an earlier unbind, at the operator's request: no driver is left out any more. */
    public synchronized void forgiveAll() {
        unbound = false;
        failures = Map.of();
    }

    /** Forgets the failures of a driver that has left or is bound. */
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

    /**
     * Runs an act under the function's lock: no other thread runs one meanwhile, and an act may run another in the same
     * thread.
     */
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
     * Runs an act as {@link #exclusively(Supplier)} if the lock is free before the deadline; an interrupt ends the wait.
     *
     * @return false where another act was under way: then this act did not run
     */
    public boolean exclusivelyWithin(Deadline deadline, Runnable act) {
        if (!deadline.lock(lock)) {
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
     * @param act what is tried, as the beginning of the refusal: "open", "hot reset of"
     * @throws VfioException ENODEV where no driver is bound, EBUSY where the driver uses the function itself
     */
    public VfioDevice live(String act) {
        Bound now = bound;
        if (now == null) {
            throw new VfioException(VfioException.Kind.NOT_BOUND, Errno.ENODEV, act + " " + name()
                    + ": no driver is bound; bind one first");
        }
        if (now.vfio() == null) {
            throw new VfioException(Errno.EBUSY, act + " " + name() + ": driver " + now.driver().name()
                    + " uses the function itself; unbind it first");
        }
        return now.vfio();
    }
}
