// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.Thrown;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.migration.MigrationFlags;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.assembly.StateVersions;

/**
 * A driver as the core calls it: on its worker, within a time limit, its object held only while a function is bound. Every
 * call of {@code probe} and {@code remove} goes through this class.
 */
public final class DriverService {
    /** The source of the driver object. Its methods run on the worker, since activating a component is driver code. */
    public interface Source {
        /** Returns the driver, or null where its component does not activate. */
        PciDriver take();

        void release();

        /** Returns the source of a driver that is there already. */
        static Source of(PciDriver driver) {
            return new Source() {
                @Override
                public PciDriver take() {
                    return driver;
                }

                @Override
                public void release() {
                    // whoever made the driver keeps it
                }
            };
        }
    }

    /** The kind of binding that a driver has declared to answer a probe with. */
    public enum Declared {
        VFIO, OWNER, NOTHING
    }

    /**
     * The answer of a probe.
     *
     * @param claimed the flags of the driver's migration, empty for a driver without migration
     */
    record Answer(PciBinding binding, Optional<MigrationFlags> claimed) {
    }

    private final String name;
    private final Declared declared;
    private final StateVersions states;
    private final Source source;
    private final DriverWorker worker;
    private final Supplier<Duration> limit;
    private int holds; // touched by the worker alone, without a lock: a list must not wait for a component that activates
    private volatile PciDriver driver;

    public DriverService(String name, Declared declared, StateVersions states, Source source, DriverWorker worker,
            Supplier<Duration> limit) {
        this.name = name;
        this.declared = declared;
        this.states = states;
        this.source = source;
        this.worker = worker;
        this.limit = limit;
    }

    public String name() {
        return name;
    }

    /** Returns the versions of its state that the driver writes and reads. */
    public StateVersions states() {
        return states;
    }

    public DriverWorker worker() {
        return worker;
    }

    /** Returns the time limit of each call. */
    public Duration limit() {
        return limit.get();
    }

    /**
     * Probes a function; the driver object is held from here until {@link #remove}.
     *
     * @throws VfioException what the driver answered, or why its answer is refused; nothing is left behind
     */
    Answer probe(VfioPciDevice device, PciDeviceId id) {
        return worker.call("probe " + device.address(), limit(), () -> {
            PciDriver taken = take();
            PciBinding binding = null;
            try {
                binding = taken.probe(device, id);
                return new Answer(binding, checked(binding, device));
            } catch (Throwable e) {
                undo(binding, device);
                throw e;
            }
        });
    }

    /** Gives back what a refused probe took. A binding made for another device is left alone, since it may be bound there. */
    private void undo(PciBinding refused, VfioPciDevice device) {
        try {
            if (refused != null && refused.device() == device) {
                refused.remove();
            }
        } catch (Throwable e) {
            System.getLogger(DriverService.class.getName()).log(System.Logger.Level.WARNING,
                    "remove after the refused probe of " + device + ": " + Thrown.text(e)); // the refusal tells more
        } finally {
            release();
        }
    }

    private Optional<MigrationFlags> checked(PciBinding binding, VfioPciDevice device) {
        String said = "probe " + device.address() + ": driver " + name;
        if (binding == null) {
            throw new VfioException(Errno.EINVAL, said + " returned null; to decline it must throw");
        }
        if (binding.device() != device) {
            throw new VfioException(Errno.EINVAL, said + " returned a binding made for another device");
        }
        if (declared == Declared.VFIO && binding instanceof PciFunctionOwner) {
            throw new VfioException(Errno.EINVAL, said + " declares itself a VFIO driver in @PciIds and returned an owner");
        }
        if (declared == Declared.OWNER && binding instanceof VfioPciOperations) {
            throw new VfioException(Errno.EINVAL, said + " returned VFIO operations, but @PciIds says vfio = false");
        }
        return binding instanceof VfioPciOperations operations
                ? Registration.check(device.address().toString(), name, operations) : Optional.empty();
    }

    private PciDriver take() {
        if (driver == null) {
            driver = source.take();
            if (driver == null) {
                throw new VfioException(Errno.ENODEV, "get the service of driver " + name + ": its component does not "
                        + "activate; 'drivers' and the log say why");
            }
        }
        holds++;
        return driver;
    }

    private void release() {
        if (--holds == 0) {
            driver = null;
            source.release();
        }
    }

    /**
     * Has an owner begin to use its function.
     *
     * @throws VfioException what the driver answered
     */
    void start(PciFunctionOwner owner) {
        worker.run("start " + owner.device().address(), limit(), owner::start);
    }

    /** Asks an owner whether its driver works. */
    boolean healthy(PciFunctionOwner owner) {
        return worker.call("ask whether " + owner.device().address() + " works", limit(), owner::healthy);
    }

    /**
     * Has an owner end the use of its function; what the driver does not finish within {@code patience} goes on.
     *
     * @throws VfioException what the driver answered
     */
    void stop(PciFunctionOwner owner, Duration patience) {
        worker.finish("stop " + owner.device().address(), patience, limit(), owner::stop);
    }

    /**
     * Ends a binding, whatever the driver does.
     *
     * @param patience how long to wait for the driver's call, which has the driver's limit all the same
     * @throws VfioException what the driver answered
     */
    void remove(PciBinding binding, Duration patience) {
        try {
            worker.finish("remove " + binding.device().address(), patience, limit(), () -> {
                try {
                    binding.remove();
                } finally {
                    release();
                }
            });
        } catch (VfioException e) {
            if (worker.fault().isPresent()) {
                driver = null; // a faulty driver is not called, so its object is just let go
            }
            throw e;
        }
    }
}
