// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Exchanged;
import vfio.core.device.VfioDevice;
import vfio.core.device.VfioUser;
import vfio.core.migration.MigrationFlags;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.Hotplug;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.hardware.emulated.standalone.StandaloneBus;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.standalone.StandaloneFunction;
import vfio.pci.core.standalone.StandaloneFunction.Terms;

/**
 * One function on the emulated bus, at a place of its own, and a driver that is bound to it as the PCI core binds: on a
 * worker of its own, within a limit. Lives as long as a test; not for use by several threads, but {@link #open} is.
 */
public final class Rig implements AutoCloseable {
    private static final PciAddress FIRST = PciAddress.parse("0000:40:00.0");
    private static final int PLACES = 2048;
    private static final AtomicInteger MADE = new AtomicInteger();
    private static final StandaloneBus EMULATED = StandaloneBus.builtIn();
    private static final Hotplug BUS = EMULATED.hotplug();

    /** No two functions that are tested at a time have the same name. */
    private final PciAddress address;
    private final Supplier<? extends PciDriver> drivers;
    private final FunctionDescription model;
    private final PciDeviceId id;
    private final Duration limit;
    private final PciFunction function;
    private Map<String, String> settings = Map.of();
    private String states = "";
    /** Null for the name of the driver's class. */
    private String name;
    private Bound bound;

    /** What a bind has made. */
    private record Bound(StandaloneFunction function, Watch watch) {
        VfioDevice device() {
            return function.device();
        }
    }

    /** A function without a driver. */
    public Rig(FunctionDescription model, Supplier<? extends PciDriver> drivers) {
        this(model, drivers, PciDeviceId.MATCH_ALL, Duration.ofSeconds(10));
    }

    /**
     * A function without a driver.
     *
     * @param drivers gives the driver for each bind: a new instance, as an updated bundle does
     * @param id the entry with which probe is called
     * @param limit for each call of the driver
     */
    public Rig(FunctionDescription model, Supplier<? extends PciDriver> drivers, PciDeviceId id, Duration limit) {
        this(BUS.plug(new FunctionSpec(freePlace(), model)), model, drivers, id, limit);
    }

    private Rig(PciFunction function, FunctionDescription model, Supplier<? extends PciDriver> drivers, PciDeviceId id,
            Duration limit) {
        this.function = function;
        this.model = Objects.requireNonNull(model);
        this.drivers = Objects.requireNonNull(drivers);
        this.id = id;
        this.limit = limit;
        address = function.address();
    }

    private static PciAddress freePlace() {
        return FIRST.withRoutingId((FIRST.bus() << 8) + (MADE.getAndIncrement() % PLACES << 3));
    }

    /**
     * Puts a device model behind functions whose description names it ({@code Builder.model}), for as long as the process
     * lives.
     */
    public static void model(String name, DeviceModelFactory factory) {
        EMULATED.addModel(name, factory);
    }

    /**
     * A VF of this function, which its driver has enabled, and a driver for the VF.
     *
     * @param index 0 for the first VF
     * @param of gives the driver for each bind
     */
    public Rig virtualFunction(int index, Supplier<? extends PciDriver> of) {
        return new Rig(BUS.function(function.virtualFunctions().get(index)), model.virtualFunction().orElseThrow(), of, id,
                limit);
    }

    /** A second function of the same model, driver and settings. */
    public Rig another() {
        Rig other = new Rig(model, drivers, id, limit).settings(settings);
        other.states = states;
        other.name = name;
        return other;
    }

    /** Sets the driver's name, as {@code driver} of its {@code @PciIds}; without it the name is that of its class. */
    public Rig named(String driver) {
        name = driver;
        return this;
    }

    /** Says the versions of its state that the driver knows, as {@code state} of its {@code @PciIds}. */
    public Rig state(String versions) {
        states = versions;
        return this;
    }

    /** Sets the values of the driver's own settings, by name, which its next probe sees. */
    public Rig settings(Map<String, String> values) {
        settings = Map.copyOf(values);
        return this;
    }

    /**
     * Probes the function with a driver.
     *
     * @throws VfioException what the driver answered, or why its answer is refused: nothing is bound
     * @throws IllegalStateException where one is bound already
     */
    public void bind() {
        if (bound != null) {
            throw new IllegalStateException(address + " is bound already");
        }
        PciDriver driver = drivers.get();
        Watch watch = new Watch();
        bound = new Bound(StandaloneFunction.bind(function, driver, terms(driver, watch)), watch);
    }

    private Terms terms(PciDriver driver, Watch watch) {
        return new Terms(name == null ? driver.getClass().getSimpleName() : name, id, limit, settings, states, watch);
    }

    /**
     * Exchanges the driver that is bound for another instance, as when its bundle is updated: users keep the device open.
     *
     * @return how the exchange went
     * @throws VfioException EOPNOTSUPP where the driver has a state and says no version of it ({@link #state}); EBUSY to try
     *     again; else what stood in the way: the instance of before has the function
     */
    public Exchanged exchange() {
        PciDriver next = drivers.get();
        return bound().function().exchange(next, terms(next, bound.watch()));
    }

    /** What the driver claimed when it was bound. */
    Optional<MigrationFlags> claimed() {
        return bound().function().claimed();
    }

    /** Opens the device for a user without a way to be asked. */
    public DeviceHandle open() {
        return open(VfioUser.named("testkit"));
    }

    /** @throws VfioException EBUSY where the driver uses the function itself; else as {@link VfioDevice#open} */
    public DeviceHandle open(VfioUser user) {
        return device().open(user);
    }

    /** @throws VfioException ENODEV where no driver is bound, EBUSY where the driver uses the function itself */
    public VfioDevice device() {
        if (bound().device() == null) {
            throw new VfioException(Errno.EBUSY, "open " + address + ": its driver uses the function itself");
        }
        return bound.device();
    }

    private Bound bound() {
        if (bound == null) {
            throw new VfioException(Errno.ENODEV, "use " + address + ": no driver is bound");
        }
        return bound;
    }

    /**
     * The service of an API that the driver offers, as consumers have it.
     *
     * @throws VfioException ENODEV where no driver is bound, or it offers no such service
     */
    public <S> S offered(Class<S> api) {
        return bound().function().offered(api).orElseThrow(() -> new VfioException(Errno.ENODEV,
                "get the service " + api.getName() + " of " + address + ": its driver does not offer it"));
    }

    /** What probe has answered. */
    public PciBinding binding() {
        return bound().function().binding();
    }

    /** The function as its bus has it, past the driver. */
    public PciFunction function() {
        return function;
    }

    /** The function is told to send a message; the signals wired to it have been given when this returns. */
    public void raise(int vector) {
        BUS.raise(address, vector);
    }

    /** The function asserts its interrupt pin, or lets it go. */
    public void assertIntx(boolean asserted) {
        BUS.assertIntx(address, asserted);
    }

    /**
     * The orderly road: users are asked, drained, revoked; then the driver's remove.
     *
     * @return names of the users that had to be revoked
     * @throws VfioException what the driver's remove answered; it is unbound all the same
     */
    public List<String> leave(Duration drain) {
        List<String> revoked = bound().device() == null ? List.of() : bound.device().leave(drain);
        remove(limit);
        return revoked;
    }

    /** {@link #leave} for whom nobody waits. */
    public void unbind() {
        leave(Duration.ZERO);
    }

    /** Another instance of the driver takes the place of the one that is bound, as when its bundle is updated. */
    public void rebind() {
        if (bound != null) {
            unbind();
        }
        bind();
    }

    /** The function is pulled out: users and driver lose it at once. */
    public void unplug() {
        BUS.unplug(address);
        if (bound != null) {
            if (bound.device() != null) {
                bound.device().revoke();
            }
            remove(VfioDevice.DISORDERLY_LIMIT);
        }
    }

    private void remove(Duration patience) {
        Bound old = bound;
        bound = null;
        try {
            old.function().unbind(patience);
        } finally {
            old.watch().removed();
        }
    }

    /** Why the driver is never called again, empty while it may be. */
    public Optional<String> fault() {
        return bound().function().fault();
    }

    Watch watch() {
        return bound().watch();
    }

    Duration limit() {
        return limit;
    }

    /** What must be gone when the driver is: reachable only by who keeps it wrongly. */
    WeakReference<PciBinding> trace() {
        return new WeakReference<>(binding());
    }

    /** Unbinds and unplugs; what the driver still says is its own loss. */
    @Override
    public void close() {
        try {
            if (bound != null) {
                unbind();
            }
        } catch (VfioException e) {
            System.getLogger(Rig.class.getName()).log(System.Logger.Level.DEBUG, e.getMessage());
        } finally {
            unplugged();
        }
    }

    private void unplugged() {
        if (function.physicalFunction().isPresent()) {
            return; // a VF goes with its PF
        }
        try {
            BUS.unplug(address);
        } catch (VfioException e) {
            if (e.errno() != Errno.ENODEV) { // a test has pulled it out
                throw e;
            }
        }
    }
}
