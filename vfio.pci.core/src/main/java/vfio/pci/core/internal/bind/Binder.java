// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.SharedMemory;
import vfio.core.Thrown;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.core.device.DeviceSet;
import vfio.core.device.VfioDevice;
import vfio.core.thread.Deadline;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.assembly.Assembly;
import vfio.pci.core.internal.assembly.HostRequest;
import vfio.pci.core.internal.backend.FunctionBackend;
import vfio.pci.core.internal.function.FunctionSettings;
import vfio.pci.core.internal.function.HostBackend;
import vfio.pci.core.internal.function.RawBackend;
import vfio.pci.core.internal.match.Candidate;
import vfio.pci.core.internal.match.MatchIndex;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.Functions;
import vfio.pci.core.internal.slot.RegisteredDriver;
import vfio.pci.core.internal.slot.Sentences;
import vfio.pci.core.internal.sriov.VfToken;

/**
 * The binder, which binds one function to a driver and detaches it again. Methods that change a function are called with the
 * function's lock held, unless they say otherwise, and leave the function whole whatever a driver does.
 */
public final class Binder {
    private final DriverRegistry registry;
    private final Functions functions;
    private final Function<String, FunctionSettings> settings;
    private final HotReset hotReset;
    private final VirtualFunctions virtualFunctions;
    private final EventLog events;
    private final DeviceSet.Registry sets = new DeviceSet.Registry();
    private final Consumer<FunctionSlot> onIdle;
    private final Supplier<Duration> drain;
    private final SharedMemory.Source memory;

    /**
     * Makes a binder.
     *
     * @param settings the settings for a driver's functions, by the driver's name
     * @param onIdle told of a function whose last user has closed
     * @param drain how long users have to let go where a host wants its function back
     * @param memory the source of the memory that drivers get
     */
    public Binder(DriverRegistry registry, Functions functions, Function<String, FunctionSettings> settings, EventLog events,
            Consumer<FunctionSlot> onIdle, Supplier<Duration> drain, SharedMemory.Source memory) {
        this.registry = registry;
        this.functions = functions;
        this.settings = settings;
        this.events = events;
        this.onIdle = onIdle;
        this.drain = drain;
        this.memory = memory;
        hotReset = new HotReset(functions);
        virtualFunctions = new VirtualFunctions(functions, settings, events);
    }

    public HotReset hotReset() {
        return hotReset;
    }

    public VirtualFunctions virtualFunctions() {
        return virtualFunctions;
    }

    /**
     * Probes a driver for a function that has none.
     *
     * @throws VfioException as {@link #ready}; else what probe answered
     */
    void attach(FunctionSlot slot, String name) {
        DriverRegistry.Snapshot drivers = registry.snapshot();
        Candidate candidate = ready(slot, name, slot.override(), drivers);
        probe(slot, drivers.driver(name), candidate.entry());
    }

    /**
     * Probes a driver again for a function that the driver had before. An override that was changed since counts for the next
     * bind only, as it did while the driver was bound.
     *
     * @throws VfioException as {@link #attach}
     */
    public void reattach(FunctionSlot slot, String name) {
        DriverRegistry.Snapshot drivers = registry.snapshot();
        probe(slot, drivers.driver(name), again(binding(slot, name), slot, name, drivers).entry());
    }

    /** Probes a driver for a function that another build of it had, as {@link #reattach(FunctionSlot, String)}. */
    void reattach(FunctionSlot slot, RegisteredDriver driver) {
        String name = driver.name();
        probe(slot, driver, again(binding(slot, name), slot, name, registry.alone(driver)).entry());
    }

    /**
     * Returns the match of a driver, or another build of it, for a function that has the driver already, or had: an override
     * that was changed since counts for the next bind only.
     *
     * @param act the beginning of each refusal
     * @throws VfioException as {@link #ready}
     */
    static Candidate again(String act, FunctionSlot slot, String name, DriverRegistry.Snapshot drivers) {
        boolean byName = matches(slot, name, name, drivers);
        String override = matches(slot, slot.override(), name, drivers) ? slot.override() : byName ? name : null;
        return ready(act, slot, name, override, drivers);
    }

    private static String binding(FunctionSlot slot, String name) {
        return "bind " + slot.name() + " to " + name + ": ";
    }

    /**
     * Returns the match that a probe would begin with if the override were {@code override}.
     *
     * @throws VfioException ENODEV where function or driver is not here or they do not match; EIO where the driver is faulty
     */
    public static Candidate ready(FunctionSlot slot, String name, String override, DriverRegistry.Snapshot drivers) {
        return ready(binding(slot, name), slot, name, override, drivers);
    }

    private static Candidate ready(String act, FunctionSlot slot, String name, String override,
            DriverRegistry.Snapshot drivers) {
        RegisteredDriver driver = drivers.driver(name);
        if (slot.removed()) {
            throw new VfioException(Errno.ENODEV, act + "the function is gone");
        }
        if (driver == null) {
            String here = drivers.serving().isEmpty() ? "none" : String.join(", ", drivers.serving().keySet());
            throw new VfioException(Kind.UNKNOWN_NAME, Errno.ENODEV,
                    act + drivers.missing(name) + "; the drivers here: " + here);
        }
        String fault = driver.worker().fault().orElse(null);
        if (fault != null || !drivers.index().has(name)) {
            throw new VfioException(Errno.EIO, act + "the driver is faulty, "
                    + (fault == null ? "" : fault.lines().findFirst().orElse("")) + "; replace or reinstall its bundle");
        }
        Candidate candidate = drivers.index().explain(slot.function().key(), override, name);
        if (!candidate.matches()) {
            throw new VfioException(Errno.ENODEV, act + Sentences.of(candidate, override));
        }
        return candidate;
    }

    /** Tells whether a driver matches a function under the override that the function has. */
    public boolean matches(FunctionSlot slot, String name) {
        return matches(slot, slot.override(), name, registry.snapshot());
    }

    private static boolean matches(FunctionSlot slot, String override, String name, DriverRegistry.Snapshot drivers) {
        MatchIndex index = drivers.index();
        return index.has(name) && index.explain(slot.function().key(), override, name).matches();
    }

    private void probe(FunctionSlot slot, RegisteredDriver driver, PciDeviceId id) {
        FunctionSettings given = settings.apply(driver.name());
        try {
            Assembly made = Assembly.of(slot.function(), backend(slot, given), driver.service(), id, given.given(),
                    place(slot));
            boolean physical = made.vfio() != null && VirtualFunctions.total(slot.function()).isPresent();
            slot.bound(new Bound(driver, made, physical ? new VfToken() : null));
        } catch (VfioException e) {
            slot.failed(driver, e.getMessage());
            events.record("bind-failed", slot.name(), driver + ": " + e.getMessage());
            throw e;
        }
        slot.forgive(driver);
        slot.unbound(false);
        if (driver.gone() || slot.removed()) { // left during the probe: the departure missed this binding
            detachNow(slot, VfioDevice.DISORDERLY_LIMIT);
            throw new VfioException(Errno.ENODEV,
                    "bind " + slot.name() + " to " + driver.name() + ": the driver or the function left meanwhile");
        }
        events.record("bound", slot.name(), driver.toString());
        virtualFunctions.bound(slot, driver.name());
    }

    private FunctionBackend backend(FunctionSlot slot, FunctionSettings given) {
        return slot.function().side().either(
                raw -> new RawBackend(slot.function(), raw, given, new SlotNeighbourhood(slot, raw, functions, hotReset)),
                host -> new HostBackend(slot.function(), host,
                        new HostRequest(slot.address(), () -> letGo(slot), () -> error(slot))));
    }

    private void error(FunctionSlot slot) {
        events.record("error", slot.name(), "it has reported an uncorrectable error to its host; reset it");
    }

    private Assembly.Place place(FunctionSlot slot) {
        return new Assembly.Place(slot.name(), sets, setKey(slot), () -> onIdle.accept(slot), memory);
    }

    /** Detaches a function that its host wants back, on the orderly road, which closes the host's file at its end. */
    private void letGo(FunctionSlot slot) {
        events.record("request", slot.name(), "its host wants it back: it is being unplugged, or unbound there");
        try {
            slot.exclusively(() -> {
                if (slot.bound() != null) {
                    slot.unbound(true);
                    detach(slot, drain.get());
                }
            });
        } catch (Throwable e) { // a bus may be broken, and throw anything
            events.record("request", slot.name(), "it was not let go of: " + Thrown.text(e));
        }
    }

    /**
     * Returns the key of the function's device set. Functions that are reset together share a set: a VF and a function of bus
     * number 0 have a set of their own, others share that of their bus number (vfio_pci_core_register_device).
     */
    private static Object setKey(FunctionSlot slot) {
        PciAddress address = slot.function().address();
        boolean alone = address.bus() == 0 || slot.function().physicalFunction().isPresent();
        return alone ? slot.name() : slot.bus().name() + "/" + address.withRoutingId(address.bus() << 8);
    }

    /**
     * Refuses an act of a thread that is inside an access of the function.
     *
     * @throws VfioException EDEADLK where the calling thread is inside such an access
     */
    public static void refuseInside(FunctionSlot slot, String act) {
        Bound bound = slot.bound();
        if (bound != null && bound.vfio() != null) {
            bound.vfio().refuseInside(act);
        }
    }

    /**
     * Detaches a function on the orderly road: its users are asked to let go, have {@code drain} for that, and lose the
     * function then.
     *
     * @throws VfioException EDEADLK as {@link #refuseInside}, before any user is asked
     */
    public void detach(FunctionSlot slot, Duration drain) {
        refuseInside(slot, "unbind");
        Bound bound = slot.bound();
        if (bound.vfio() != null) {
            ask(slot);
            bound.vfio().leave(drain)
                    .forEach(user -> events.record("revoked", slot.name(), user + " did not let go in time"));
        }
        finish(slot, bound, Deadline.LONGEST);
    }

    /** Detaches a function that nobody holds open; returns false, without a change, where somebody does. */
    public boolean detachIfIdle(FunctionSlot slot) {
        Bound bound = slot.bound();
        if (bound.vfio() != null && !bound.vfio().leaveIfIdle()) {
            return false;
        }
        finish(slot, bound, Deadline.LONGEST);
        return true;
    }

    /** Asks the users of a bound function to let go, without waiting for them. */
    void ask(FunctionSlot slot) {
        Bound bound = slot.bound();
        if (bound != null && bound.vfio() != null) {
            bound.vfio().askUsers().forEach(user -> events.record("requested", slot.name(), user));
        }
    }

    /** Makes the handles of all users stale, at once and without a lock. */
    void cutOff(FunctionSlot slot) {
        Bound bound = slot.bound();
        if (bound != null && bound.vfio() != null) {
            bound.vfio().users().forEach(user -> events.record("revoked", slot.name(), user));
            bound.vfio().cutOff();
        }
    }

    /**
     * Revokes the handles of all users. Needs no lock of the function, so that it ends the drain of a thread that holds this
     * lock.
     */
    void revoke(FunctionSlot slot, Duration patience) {
        cutOff(slot);
        Bound bound = slot.bound();
        if (bound != null && bound.vfio() != null) {
            bound.vfio().revoke(patience);
        }
    }

    /**
     * Detaches a function on the disorderly road, since its driver or the function is gone already. What the driver does not
     * finish within {@code patience} it finishes later, or never.
     */
    void detachNow(FunctionSlot slot, Duration patience) {
        Deadline deadline = Deadline.in(patience);
        Bound bound = slot.bound();
        revoke(slot, patience);
        finish(slot, bound, deadline.left());
    }

    private void finish(FunctionSlot slot, Bound bound, Duration patience) {
        slot.bound(null);
        StringBuilder trouble = new StringBuilder();
        if (bound.vfio() != null && !slot.removed()) {
            attempt(() -> VirtualFunctions.remove(slot.function()), trouble);
        }
        attempt(() -> bound.assembly().dismantle(patience), trouble);
        events.record("unbound", slot.name(), bound.driver().toString() + trouble);
    }

    private static void attempt(Runnable act, StringBuilder trouble) {
        try {
            act.run();
        } catch (VfioException e) {
            trouble.append("; ").append(e.sentence());
        }
    }
}
