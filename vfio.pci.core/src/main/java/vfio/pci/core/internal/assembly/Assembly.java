// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.DeviceSet;
import vfio.core.device.DriverState;
import vfio.core.device.Exchanged;
import vfio.core.device.Seat;
import vfio.core.device.VfioDevice;
import vfio.core.migration.MigrationFlags;
import vfio.core.thread.Deadline;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.assembly.DriverService.Answer;
import vfio.pci.core.internal.backend.FunctionBackend;
import vfio.pci.core.internal.backend.OperationsBackend;
import vfio.pci.core.internal.owner.OwnedFunction;
import vfio.pci.core.internal.owner.OwnerAccess;
import vfio.pci.core.internal.owner.OwnerSeat;
import vfio.pci.core.internal.owner.OwnerSuccession;

/**
 * A function with its driver: the backend, the binding that the driver made of it and, for a driver with VFIO operations, the
 * VFIO device. An assembly is made as a whole or not at all, and ends with {@link #dismantle}. The driver may be exchanged;
 * backend and VFIO device stay.
 */
public final class Assembly {
    private final PciFunction function;
    private final FunctionBackend backend;
    private final UnaryOperator<OperationsBackend> between;
    private final NamedMemory memory;
    private final VfioDevice vfio;
    /** What is kept for an owner; null where there is a VFIO device. */
    private final OwnedFunction owned;
    private volatile Bound bound;

    /**
     * The place of a device among the others.
     *
     * @param name the device's name
     * @param sets the device sets, of which the device joins the one of key {@code set}
     * @param onIdle called after each last close of a device that stays, without a lock held
     * @param memory the source of the memory that the driver gets
     */
    public record Place(String name, DeviceSet.Registry sets, Object set, Runnable onIdle, SharedMemory.Source memory) {
        /** Returns the place of a device that stands alone, with memory of this process. */
        public static Place alone(String name) {
            return new Place(name, new DeviceSet.Registry(), name, () -> { }, (use, size) -> SharedMemory.ofProcess(size));
        }
    }

    /** One driver's part: what an exchange changes. */
    private record Bound(DriverService driver, BindingBackend backend, OwnerAccess access, Answer answer) {
        VfioPciOperations operations() {
            return (VfioPciOperations) answer.binding();
        }

        boolean isOwner() {
            return answer.binding() instanceof PciFunctionOwner;
        }

        OwnerSeat owner() {
            return new OwnerSeat((PciFunctionOwner) answer.binding(), access, driver.worker(), driver.limit());
        }

        Seat seat() {
            return new Seat(operations(), driver.worker(), driver.limit());
        }
    }

    /**
     * The account of an exchange.
     *
     * @param way on which the function went over
     */
    public record Exchange(Way way, Exchanged account) {
    }

    private Assembly(PciFunction function, FunctionBackend backend, UnaryOperator<OperationsBackend> between,
            NamedMemory memory, Bound bound, Place place) {
        this.function = function;
        this.backend = backend;
        this.between = between;
        this.bound = bound;
        this.memory = memory;
        vfio = bound.isOwner() ? null : registered(place);
        owned = bound.isOwner() ? begun(place) : null;
    }

    /**
     * Probes a driver for a function, and makes a VFIO device of the driver's operations.
     *
     * @param function the function as the driver sees it
     * @param id the entry with which the driver is probed
     * @param settings the values of the driver's own settings, by name
     * @param between what lies between a driver's operations and the backend; the backend itself where nothing does
     * @throws VfioException what the driver answered, or why its answer is refused; nothing is left behind
     */
    public static Assembly of(PciFunction function, FunctionBackend backend, DriverService driver, PciDeviceId id,
            Map<String, String> settings, Place place, UnaryOperator<OperationsBackend> between) {
        NamedMemory memory = new NamedMemory(function.address().toString(), place.memory);
        BindingBackend own = new BindingBackend(function.address().toString(), backend, memory);
        Bound bound = probed(function, own, between, driver, id, settings);
        return new Assembly(function, backend, between, memory, bound, place);
    }

    /** Makes an assembly with nothing between the driver's operations and the backend. */
    public static Assembly of(PciFunction function, FunctionBackend backend, DriverService driver, PciDeviceId id,
            Map<String, String> settings, Place place) {
        return of(function, backend, driver, id, settings, place, UnaryOperator.identity());
    }

    private static Bound probed(PciFunction function, BindingBackend own, UnaryOperator<OperationsBackend> between,
            DriverService driver, PciDeviceId id, Map<String, String> settings) {
        OwnerAccess access = new OwnerAccess(function.address().toString(), driver.name(), driver.worker());
        BackedDevice device = new BackedDevice(function, driver.name(), between.apply(own), access, settings);
        Bound made = new Bound(driver, own, access, driver.probe(device, id));
        own.serves(made.answer.binding());
        if (!made.isOwner()) {
            access.refuse();
        }
        return made;
    }

    private VfioDevice registered(Place place) {
        Seat seat = bound.seat();
        VfioDevice made = new VfioDevice(place.name, place.sets, place.set, seat.operations(), seat.worker(), seat.limit(),
                place.onIdle);
        try {
            backend.register(made, () -> bound.operations().resetFunction());
            return made;
        } catch (RuntimeException e) {
            made.leaveIfIdle();
            bound.driver.remove(bound.answer.binding(), Deadline.LONGEST);
            throw e;
        }
    }

    /** Has a new owner begin to use its function. */
    private OwnedFunction begun(Place place) {
        OwnedFunction made = new OwnedFunction(function, backend, this::own, place.memory);
        OwnerSeat seat = bound.owner();
        try {
            memory.open();
            seat.access().start(made);
            bound.driver.start(seat.owner());
            seat.access().started();
            return made;
        } catch (RuntimeException e) {
            let(() -> close(made));
            let(() -> bound.driver.remove(seat.owner(), Deadline.LONGEST));
            throw e;
        }
    }

    /** Returns the core's own operations of the function, by which the core opens it for its owner. */
    private VfioPciOperations own() {
        String name = function.address().toString();
        NamedMemory none = new NamedMemory(name, (use, size) -> SharedMemory.ofProcess(size));
        return new VfioPciOperations(new BackedDevice(function, bound.driver.name(), new BindingBackend(name, backend, none),
                new OwnerAccess(name, bound.driver.name(), bound.driver.worker()), Map.of()));
    }

    private void close(OwnedFunction ending) {
        bound.access.end();
        try {
            ending.close();
        } finally {
            memory.close();
        }
    }

    public FunctionBackend backend() {
        return backend;
    }

    /** Returns what the driver's probe has answered. */
    public PciBinding binding() {
        return bound.answer.binding();
    }

    /** Returns the flags of migration that the driver has claimed at the probe; empty for a driver without migration. */
    public Optional<MigrationFlags> claimed() {
        return bound.answer.claimed();
    }

    /** Returns the VFIO device made of the function; null where the driver uses the function itself. */
    public VfioDevice vfio() {
        return vfio;
    }

    /**
     * Exchanges the driver for another build of it, while users may have the device open. Neither function nor backend is
     * reset, and no user sees more than a pause. After an exception the driver of before has the function.
     *
     * @param id the entry with which the next driver is probed
     * @param settings the values of the next driver's own settings, by name
     * @param committed called once, when the exchange counts: assignments only
     * @throws VfioException EOPNOTSUPP where no way leads from one driver to the other; else what the next driver's probe
     *     answered, or as {@link VfioDevice#exchange}
     */
    public Exchange exchange(DriverService next, PciDeviceId id, Map<String, String> settings, Runnable committed) {
        return exchange(next, id, settings, committed, false);
    }

    /**
     * Exchanges the driver for the build of before, probed anew, also where the driver in use is broken.
     *
     * @param id the entry with which the build of before is probed
     * @param settings the values of its own settings, by name
     * @param committed called once, when the exchange counts: assignments only
     * @throws VfioException as {@link #exchange(DriverService, PciDeviceId, Map, Runnable)}, or {@link VfioDevice#takeBack}
     */
    public Exchange giveBack(DriverService former, PciDeviceId id, Map<String, String> settings, Runnable committed) {
        return exchange(former, id, settings, committed, true);
    }

    private Exchange exchange(DriverService next, PciDeviceId id, Map<String, String> settings, Runnable committed,
            boolean back) {
        Bound before = bound;
        refuseOwnSignals(before);
        Bound after = probed(function, before.backend.successor(), between, next, id, settings);
        try {
            if (after.isOwner() != before.isOwner()) {
                throw refused("one version uses the function itself, and the other one makes a VFIO device of it");
            }
            Runnable counts = () -> {
                refuseOwnSignals(before);
                after.backend.succeed();
                bound = after;
                committed.run();
            };
            Exchange done = vfio == null ? ownerExchanged(before, after, back, counts)
                    : exchanged(before, after, back, counts);
            let(() -> before.driver.remove(before.answer.binding(), before.driver.limit()));
            return done;
        } catch (RuntimeException e) {
            if (bound != after) {
                let(() -> next.remove(after.answer.binding(), next.limit()));
            }
            throw e;
        }
    }

    private Exchange exchanged(Bound before, Bound after, boolean back, Runnable counts) {
        AtomicReference<Way> way = new AtomicReference<>(Way.IDLE);
        Supplier<OptionalInt> version = () -> {
            way.set(way(before, after));
            return way.get().stateVersion();
        };
        Exchanged account = back ? vfio.takeBack(after.seat(), version, counts)
                : vfio.exchange(after.seat(), version, counts);
        return new Exchange(way.get(), account);
    }

    private Exchange ownerExchanged(Bound before, Bound after, boolean back, Runnable counts) {
        byte[] lasting = back ? owned.lasting() : null;
        OptionalInt common = inCommon(before, after);
        if (common.isEmpty() && lasting == null) {
            throw refused(noneInCommon(before, after)
                    + "; an owner that its next version takes over says so in state of its @PciIds");
        }
        int version = common.orElseGet(() -> DriverState.decoded(lasting).version());
        try {
            OwnerSuccession succession =
                    new OwnerSuccession(owned, before.owner(), after.owner(), version, lasting, counts);
            return new Exchange(Way.of(version), succession.run());
        } catch (VfioException e) {
            if (e.kind() == VfioException.Kind.STUCK) {
                owned.withdraw();
            }
            throw e;
        }
    }

    private static OptionalInt inCommon(Bound before, Bound after) {
        return after.driver.states().takenOverFrom(before.driver.states());
    }

    private static String noneInCommon(Bound before, Bound after) {
        return before.driver.states().noneInCommon(after.driver.states());
    }

    /**
     * Returns what the driver would hand over to another build of the same versions; empty for a driver without a state. The
     * driver stays.
     *
     * @throws VfioException EBUSY where the driver uses the function itself; else as {@link VfioDevice#state}
     */
    public Optional<DriverState> state() {
        Bound now = bound;
        if (vfio == null) {
            throw new VfioException(Errno.EBUSY, "get the driver's state of " + function.address()
                    + ": its driver uses the function itself");
        }
        int version = now.driver.states().newest();
        return version == 0 ? Optional.empty() : Optional.of(vfio.state(version));
    }

    /**
     * Returns the way to another build of the driver as both declare it. No driver is called, so the next build may yet turn
     * out to have a state where this one has none.
     */
    public Way way(DriverService next) {
        if (vfio != null && !vfio.inUse()) {
            return Way.IDLE;
        }
        if (vfio != null && Stateless.is(bound.operations())) {
            return Way.NONE;
        }
        OptionalInt version = next.states().takenOverFrom(bound.driver.states());
        return version.isPresent() ? Way.of(version.getAsInt()) : Way.CLOSE;
    }

    /** Forgets the state that a driver of before has given: {@link #giveBack} does not need it any more. */
    public void forgetState() {
        if (vfio != null) {
            vfio.forgetState();
        } else {
            owned.lasting(null);
        }
    }

    /** Returns what stands in the way of an exchange while the device is open, besides calls; empty where nothing does. */
    public Optional<String> obstacle() {
        return bound.backend.obstacle().or(() -> vfio == null ? Optional.empty() : vfio.standsInTheWay());
    }

    private Way way(Bound before, Bound after) {
        if (Stateless.is(before.operations()) && Stateless.is(after.operations())) {
            return Way.NONE;
        }
        OptionalInt version = inCommon(before, after);
        if (version.isEmpty()) {
            throw refused(noneInCommon(before, after) + "; close the device, and the next open has the next version");
        }
        return Way.of(version.getAsInt());
    }

    private void refuseOwnSignals(Bound before) {
        before.backend.obstacle().ifPresent(why -> {
            throw refused(why + "; close the device, and the next open has the next version");
        });
    }

    private VfioException refused(String why) {
        return new VfioException(Errno.EOPNOTSUPP, "exchange the driver of " + function.address() + ": " + why);
    }

    private static void let(Runnable act) {
        try {
            act.run();
        } catch (VfioException e) {
            System.getLogger(Assembly.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
        }
    }

    /**
     * Takes the function from its driver, after its users have left.
     *
     * @param patience how long to wait for the driver's {@code stop} and {@code remove}
     * @throws VfioException what the driver or the function answered; the driver does not have the function any more
     */
    public void dismantle(Duration patience) {
        Deadline deadline = Deadline.in(patience);
        try {
            if (vfio != null) {
                backend.unregister();
            } else {
                stop(deadline);
            }
        } finally {
            memory.close();
            bound.driver.remove(bound.answer.binding(), deadline.left());
        }
    }

    private void stop(Deadline deadline) {
        owned.withdraw();
        try {
            bound.driver.stop(bound.owner().owner(), deadline.left());
        } finally {
            close(owned);
        }
    }

    /**
     * Tells whether the driver works, as it says itself; true for a VFIO device that is closed.
     *
     * @throws VfioException what the driver answered
     */
    public boolean healthy() {
        return vfio == null ? bound.driver.healthy((PciFunctionOwner) bound.answer.binding()) : vfio.healthy();
    }

    /** Returns how many calls the services have had that an owner's driver in use offers; 0 for a VFIO device. */
    public long serviceCalls() {
        return bound.access.calls();
    }

    /** Returns the service of an API that the function's owner offers, as consumers have it; empty where there is none. */
    public <S> Optional<S> offered(Class<S> api) {
        return owned == null ? Optional.empty() : owned.service(api);
    }
}
