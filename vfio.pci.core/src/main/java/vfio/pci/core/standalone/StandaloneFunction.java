// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.standalone;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.Exchanged;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioDevice;
import vfio.core.device.VfioUser;
import vfio.core.driver.DriverWorker;
import vfio.core.migration.MigrationFlags;
import vfio.core.thread.Deadline;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.HostFunction;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.assembly.Assembly;
import vfio.pci.core.internal.assembly.DriverService;
import vfio.pci.core.internal.assembly.DriverService.Declared;
import vfio.pci.core.internal.assembly.DriverService.Source;
import vfio.pci.core.internal.assembly.HostRequest;
import vfio.pci.core.internal.assembly.StateVersions;
import vfio.pci.core.internal.backend.FunctionBackend;
import vfio.pci.core.internal.backend.OperationsBackend;
import vfio.pci.core.internal.function.AloneOnBus;
import vfio.pci.core.internal.function.FunctionSettings;
import vfio.pci.core.internal.function.HostBackend;
import vfio.pci.core.internal.function.RawBackend;
import vfio.pci.core.user.FunctionHandle;

/**
 * A function of a bus that is bound outside a framework: by a program, to no driver of this project, or by a test, to the
 * driver under test. The function is bound as the PCI core binds it, as if it were alone on its bus.
 */
public final class StandaloneFunction implements AutoCloseable {
    /** The time limit of a call without a driver: the other side may have to reset the function first. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** The time in which a user has to close: the default of the core's own. */
    private static final Duration DRAIN = Duration.ofSeconds(10);

    private final FunctionBackend backend;
    private final Assembly assembly;
    private DriverWorker worker;

    /**
     * The terms of a bind.
     *
     * @param driver the driver's name
     * @param id the entry with which the driver is probed
     * @param limit the time limit of each call of the driver
     * @param settings the values of the driver's own settings, by name
     * @param state the versions of its state that the driver knows, as {@code state} of its {@code @PciIds}
     * @param observer hears the driver's calls of the core
     */
    public record Terms(String driver, PciDeviceId id, Duration limit, Map<String, String> settings, String state,
            Observer observer) {
    }

    /** An observer between a driver and the core below it, for tests of drivers. */
    @ConsumerType
    public interface Observer {
        /** An observer that lets everything pass. */
        Observer NONE = call -> { };

        /**
         * Hears of a call before the core gets it; the driver is thrown what this method throws, in place of an answer.
         *
         * @param call the core's own word: open, close, info, region, addRegion, claim, wake, irqInfo, setIrqs, ioEvent,
         *     reset, features, request
         */
        void calling(String call);

        /** Returns the region that is added in place of the driver's own. */
        default RegionOperations adding(RegionOperations region) {
            return region;
        }

        /** Returns the region that the core answers in place of its own, or of one that was added. */
        default RegionOperations answering(int index, RegionOperations region) {
            return region;
        }

        /** Returns the function that the driver sees in place of the bus's own. */
        default PciFunction seen(PciFunction function) {
            return function;
        }
    }

    private StandaloneFunction(PciFunction function, PciDriver driver, Terms terms) {
        backend = function.side().either(raw -> virtualized(function, raw, terms.settings),
                host -> forwarded(function, host));
        worker = new DriverWorker(terms.driver, fault -> { });
        try {
            assembly = Assembly.of(terms.observer.seen(function), backend, service(driver, terms, worker), terms.id,
                    terms.settings, Assembly.Place.alone(function.address().toString()),
                    operations -> observed(operations, terms.observer));
        } catch (RuntimeException e) {
            worker.close();
            throw e;
        }
    }

    private static FunctionBackend virtualized(PciFunction function, RawHardware raw, Map<String, String> settings) {
        return new RawBackend(function, raw, new FunctionSettings(false, false, false, false, settings),
                new AloneOnBus(function));
    }

    /** Forwards to a host. A user whom the host asks for the function and who does not close in time loses the handle. */
    private FunctionBackend forwarded(PciFunction function, HostFunction host) {
        return new HostBackend(function, host, new HostRequest(function.address().toString(),
                () -> device().leave(DRAIN), () -> { })); // of an error the user has an interrupt
    }

    private static DriverService service(PciDriver driver, Terms terms, DriverWorker worker) {
        return new DriverService(terms.driver, Declared.NOTHING, StateVersions.parse(terms.state), Source.of(driver),
                worker, () -> terms.limit);
    }

    /**
     * Binds a function to a driver.
     *
     * @throws VfioException what the driver answered, or why its answer is refused: nothing is bound
     */
    public static StandaloneFunction bind(PciFunction function, PciDriver driver, Terms terms) {
        return new StandaloneFunction(function, driver, terms);
    }

    /**
     * Opens a function of a HOST bus, without a driver of this project between: the operations forward every call. A user
     * whom the host asks for the function and who does not close in time loses the handle.
     *
     * @param memory the source of the memory for DMA
     * @throws VfioException EOPNOTSUPP on a bus of raw hardware; else the other side's errno
     */
    public static FunctionHandle open(PciFunction function, VfioUser user, SharedMemory.Source memory) {
        if (function.side().raw().isPresent()) {
            throw new VfioException(Errno.EOPNOTSUPP, "open " + function.address() + " on its host: its bus gives raw "
                    + "hardware");
        }
        StandaloneFunction bound = bind(function, (device, id) -> new VfioPciOperations(device),
                new Terms("none", PciDeviceId.MATCH_ALL, LIMIT, Map.of(), "", Observer.NONE));
        try {
            return new FunctionHandle(bound.device().open(user), bound.backend::dma, memory, bound::close);
        } catch (RuntimeException e) {
            bound.close();
            throw e;
        }
    }

    private static OperationsBackend observed(OperationsBackend backend, Observer observer) {
        if (observer == Observer.NONE) {
            return backend;
        }
        return (OperationsBackend) Proxy.newProxyInstance(OperationsBackend.class.getClassLoader(),
                new Class<?>[] {OperationsBackend.class}, (proxy, method, arguments) -> {
                    if (method.getDeclaringClass() != Object.class) {
                        observer.calling(method.getName());
                    }
                    Object[] passed = method.getName().equals("addRegion")
                            ? new Object[] {observer.adding((RegionOperations) arguments[0])} : arguments;
                    try {
                        Object answer = method.invoke(backend, passed);
                        return method.getName().equals("region")
                                ? observer.answering((int) arguments[0], (RegionOperations) answer) : answer;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /**
     * Exchanges the driver for another version of it, while users may have the device open. The observer of the bind stays.
     *
     * @return how the exchange went
     * @throws VfioException EOPNOTSUPP where the two versions have no state in common; EBUSY to try again; else as
     *     {@link VfioDevice#exchange}: the driver of before has the function, unless the exception is of kind STUCK
     */
    public Exchanged exchange(PciDriver next, Terms terms) {
        DriverWorker of = new DriverWorker(terms.driver, fault -> { });
        DriverWorker last = of;
        try {
            Exchanged done = assembly.exchange(service(next, terms, of), terms.id, terms.settings, () -> { })
                    .account();
            last = worker;
            worker = of;
            return done;
        } finally {
            last.close();
        }
    }

    /** Returns what the driver's probe has answered. */
    public PciBinding binding() {
        return assembly.binding();
    }

    /** Returns the flags of migration that the driver has claimed at the probe; empty for a driver without migration. */
    public Optional<MigrationFlags> claimed() {
        return assembly.claimed();
    }

    /** Returns the VFIO device; null where the driver uses the function itself. */
    public VfioDevice device() {
        return assembly.vfio();
    }

    /** Returns the service of an API that an owner offers, as consumers have it; empty where it is not offered. */
    public <S> Optional<S> offered(Class<S> api) {
        return assembly.offered(api);
    }

    /** Returns why the driver is never called again; empty while it may be called. */
    public Optional<String> fault() {
        return worker.fault();
    }

    /**
     * Takes the function from its driver, after its users have left.
     *
     * @param patience how long to wait for the driver's {@code remove}
     * @throws VfioException what the driver answered; the function is unbound all the same
     */
    public void unbind(Duration patience) {
        try {
            assembly.dismantle(patience);
        } finally {
            worker.close();
        }
    }

    /** Ends a function that nobody holds open; what the driver answers is its own loss. */
    @Override
    public void close() {
        if (device() != null) {
            device().leaveIfIdle();
        }
        try {
            unbind(Deadline.LONGEST);
        } catch (VfioException e) {
            System.getLogger(StandaloneFunction.class.getName()).log(System.Logger.Level.DEBUG, e.getMessage());
        }
    }
}
