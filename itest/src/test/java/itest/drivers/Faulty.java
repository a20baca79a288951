// SPDX-License-Identifier: Apache-2.0
package itest.drivers;

import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciDeviceId;

/** Drivers that break the rules, a fault each. All claim edu, so that each is tried before the generic driver. */
public final class Faulty {
    private static final String EDU = "1234:11e8";

    private Faulty() {
    }

    @Component
    @PciIds(driver = "throws", overrideOnly = EDU)
    public static final class Throws implements PciDriver {
        /** An exception whose class only this bundle has. */
        private static final class OwnException extends RuntimeException {
            private static final long serialVersionUID = 1;

            private OwnException() {
                super("the card is upside down");
            }
        }

        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            throw new OwnException();
        }
    }

    @Component
    @PciIds(driver = "overflows", overrideOnly = EDU)
    public static final class Overflows implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return probe(device, id);
        }
    }

    @Component
    @PciIds(driver = "null", overrideOnly = EDU)
    public static final class ReturnsNull implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return null;
        }
    }

    @Component
    @PciIds(driver = "lies", overrideOnly = EDU)
    public static final class Lies implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new VfioPciOperations(new Stranger(device.function(), device.driver()));
        }

        /** A device that the core has not made. */
        private record Stranger(PciFunction function, String driver) implements VfioPciDevice {
            @Override
            public Optional<String> setting(String name) {
                return Optional.empty();
            }
        }
    }

    /** Declares itself a VFIO driver and keeps the function. */
    @Component
    @PciIds(driver = "owns", overrideOnly = EDU)
    public static final class Owns implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return (PciFunctionOwner) () -> device;
        }
    }

    /** Left out of the jar. */
    public static final class Missing {
        static PciBinding bind(VfioPciDevice device) {
            return new VfioPciOperations(device);
        }
    }

    @Component
    @PciIds(driver = "unlinked", overrideOnly = EDU)
    public static final class LinksBadly implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return Missing.bind(device);
        }
    }

    @Component
    @PciIds(driver = "unborn", overrideOnly = EDU)
    public static final class ConstructorThrows implements PciDriver {
        public ConstructorThrows() {
            throw new IllegalStateException("no firmware");
        }

        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new VfioPciOperations(device);
        }
    }

    @Component
    @PciIds(driver = "bad-ids", overrideOnly = "15b3:wrong")
    public static final class BadIds implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new VfioPciOperations(device);
        }
    }

    @Component
    @PciIds(driver = "hangs-early", overrideOnly = EDU)
    public static final class ConstructorHangs implements PciDriver {
        public ConstructorHangs() {
            while (true) {
                LockSupport.park(this); // returns at once when interrupted, and is called again
                Thread.interrupted();
            }
        }

        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new VfioPciOperations(device);
        }
    }

    @Component
    @PciIds(driver = "activated", overrideOnly = EDU)
    public static final class Activator implements BundleActivator, PciDriver {
        @Override
        public void start(BundleContext context) {
            throw new IllegalStateException("the activator has had enough");
        }

        @Override
        public void stop(BundleContext context) {
        }

        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new VfioPciOperations(device);
        }
    }
}
