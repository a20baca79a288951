// SPDX-License-Identifier: Apache-2.0
package itest.drivers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Component;
import vfio.core.device.DriverState;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;

/** Other builds of {@link SoundDriver}: drivers of its name that are updated to and from. */
public final class Sounds {
    private static final String EDU = "1234:11e8";
    private static final String CARD = "8086:10d3";

    private Sounds() {
    }

    /** Operations that count resets, and take the count along. */
    private static class Counting extends VfioPciOperations {
        private final AtomicLong resets = new AtomicLong();

        Counting(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void reset() {
            super.reset();
            resets.incrementAndGet();
        }

        @Override
        public DriverState handOver(int version) {
            return DriverState.of(version).with("resets", resets.get());
        }

        @Override
        public void takeOver(DriverState state) {
            super.takeOver(state);
            resets.set(state.number("resets", 0));
            System.setProperty("itest.sound.resets", Long.toString(resets.get()));
        }
    }

    /** A driver with a state. */
    @Component
    @PciIds(driver = "sound", overrideOnly = {EDU, CARD}, state = "1")
    public static final class First implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new Counting(device);
        }
    }

    /** A driver that reads the state of {@link First} too. */
    @Component
    @PciIds(driver = "sound", overrideOnly = {EDU, CARD}, state = "2 1")
    public static final class Second implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new Counting(device);
        }
    }

    /** A driver that knows no state of another build. */
    @Component
    @PciIds(driver = "sound", overrideOnly = {EDU, CARD}, state = "9")
    public static final class Strange implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new Counting(device);
        }
    }

    /** A driver that takes no function. */
    @Component
    @PciIds(driver = "sound", overrideOnly = {EDU, CARD})
    public static final class Refusing implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            throw new IllegalStateException("the sound is off");
        }
    }

    /** A driver whose resets throw once system property {@code itest.sound.ill} is set. */
    @Component
    @PciIds(driver = "sound", overrideOnly = {EDU, CARD}, state = "2 1")
    public static final class Sickly implements PciDriver {
        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            return new Counting(device) {
                @Override
                public void reset() {
                    if (System.getProperty("itest.sound.ill") != null) {
                        throw new IllegalStateException("the sound is bad");
                    }
                    super.reset();
                }
            };
        }
    }

    /**
     * A driver that stops for ever at one step of its update: the environment variable {@code ITEST_SOUND_STOPS} is
     * {@code start}, {@code probe} or {@code takeOver}. It makes the file that {@code ITEST_SOUND_STOPPED} names then.
     */
    @Component
    @PciIds(driver = "sound", overrideOnly = {EDU, CARD}, state = "2 1")
    public static final class Stopping implements PciDriver, BundleActivator {
        private static void at(String step) {
            if (!step.equals(System.getenv("ITEST_SOUND_STOPS"))) {
                return;
            }
            try {
                Files.createFile(Path.of(System.getenv("ITEST_SOUND_STOPPED")));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            while (true) {
                LockSupport.park();
            }
        }

        @Override
        public void start(BundleContext context) {
            at("start");
        }

        @Override
        public void stop(BundleContext context) {
        }

        @Override
        public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
            at("probe");
            return new Counting(device) {
                @Override
                public void takeOver(DriverState state) {
                    at("takeOver");
                    super.takeOver(state);
                }
            };
        }
    }
}
