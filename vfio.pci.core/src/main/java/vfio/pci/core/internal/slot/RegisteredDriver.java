// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import java.time.Duration;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.Thrown;
import vfio.core.VfioException;
import vfio.core.device.Registration;
import vfio.core.driver.DriverWorker;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.PciDeviceId;

/**
 * A driver service: its ids, the worker on which it is called, and the service object, which is held only while a function is
 * bound. Every call of the driver's code goes through this class.
 */
public final class RegisteredDriver {
    /**
     * The source of the service object. Its methods run on the driver's worker, since activating a component is driver code.
     */
    public interface Service {
        /** Returns the driver, or null where its component does not activate. */
        PciDriver take();

        void release();
    }

    private final DriverIds ids;
    private final BundleIdentity bundle;
    private final Service service;
    private final DriverWorker worker;
    private final Supplier<Duration> limit;
    private int holds; // touched by the worker alone, without a lock: a list must not wait for a component that activates
    private volatile PciDriver driver;
    private volatile boolean gone;

    public RegisteredDriver(DriverIds ids, BundleIdentity bundle, Service service, DriverWorker worker, Supplier<Duration> limit) {
        this.ids = ids;
        this.bundle = bundle;
        this.service = service;
        this.worker = worker;
        this.limit = limit;
    }

    public String name() {
        return ids.driver();
    }

    /** Returns the ids as the bundle states them, without dynamic ids. */
    public DriverIds ids() {
        return ids;
    }

    public BundleIdentity bundle() {
        return bundle;
    }

    public DriverWorker worker() {
        return worker;
    }

    public Duration limit() {
        return limit.get();
    }

    /** Notes that the driver's service was unregistered: a binding that is just being made must not stay. */
    void leave() {
        gone = true;
    }

    public boolean gone() {
        return gone;
    }

    /**
     * Probes a function; the service object is held from here until {@link #remove}.
     *
     * @throws VfioException what the driver answered, or why its answer is refused; nothing is left behind
     */
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return worker.call("probe " + device.address(), limit(), () -> {
            PciDriver taken = take();
            PciBinding binding = null;
            try {
                binding = taken.probe(device, id);
                check(binding, device);
                return binding;
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
            System.getLogger(RegisteredDriver.class.getName()).log(System.Logger.Level.WARNING,
                    "remove after the refused probe of " + device + ": " + Thrown.text(e)); // the refusal tells more
        } finally {
            release();
        }
    }

    private void check(PciBinding binding, VfioPciDevice device) {
        String said = "probe " + device.address() + ": driver " + name();
        if (binding == null) {
            throw new VfioException(Errno.EINVAL, said + " returned null; to decline it must throw");
        }
        if (binding.device() != device) {
            throw new VfioException(Errno.EINVAL, said + " returned a binding made for another device");
        }
        if (ids.vfio() && binding instanceof PciFunctionOwner) {
            throw new VfioException(Errno.EINVAL, said + " declares itself a VFIO driver in @PciIds and returned an owner");
        }
        if (!ids.vfio() && binding instanceof VfioPciOperations) {
            throw new VfioException(Errno.EINVAL, said + " returned VFIO operations, but @PciIds says vfio = false");
        }
        if (binding instanceof VfioPciOperations operations) {
            Registration.check(device.address().toString(), name(), operations);
        }
    }

    private PciDriver take() {
        if (driver == null) {
            driver = service.take();
            if (driver == null) {
                throw new VfioException(Errno.ENODEV, "get the service of driver " + name() + ": its component does not "
                        + "activate; 'drivers' and the log say why");
            }
        }
        holds++;
        return driver;
    }

    private void release() {
        if (--holds == 0) {
            driver = null;
            service.release();
        }
    }

    /**
     * Ends a binding, whatever the driver does.
     *
     * @param patience how long to wait for the driver's call, which has the driver's limit all the same
     * @throws VfioException what the driver answered
     */
    public void remove(PciBinding binding, VfioPciDevice device, Duration patience) {
        try {
            worker.finish("remove " + device.address(), patience, limit(), () -> {
                try {
                    binding.remove();
                } finally {
                    release();
                }
            });
        } catch (VfioException e) {
            if (worker.fault().isPresent()) {
                driver = null; // a faulty driver is not called, so its service object is just let go
            }
            throw e;
        }
    }

    @Override
    public String toString() {
        return name() + " of " + bundle;
    }
}
