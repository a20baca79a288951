// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import vfio.core.settings.Form;
import vfio.hardware.linux.binding.HostSide;
import vfio.hardware.linux.device.HostDevices;
import vfio.hardware.linux.file.CachedValue;
import vfio.os.Kernel;
import vfio.pci.core.bus.PciBus;

/**
 * The bus of this host's PCI functions, read from sysfs. Functions that the kernel has given to VFIO can be opened, and an
 * operator's act takes others from their host driver. The service is there once it is configured.
 */
@Component(configurationPid = "vfio.hardware.linux", configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class LinuxBus implements PciBus {
    /** The kernel's events are about this tree alone. */
    private static final Path KERNELS = Path.of("/sys");
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final Path sysfs;
    private final KernelDrivers kernelDrivers;
    private final HostDevices vfio;
    private final HostSide side;
    private final Path nodes;
    private final Duration pause;
    private Announcements announcements;

    /** Settings; PID {@code vfio.hardware.linux}. */
    @interface Config {
        String sysfs() default "/sys";

        /** The folder that has one folder for each kernel release. */
        String modules() default "/lib/modules";

        /** The kernel release whose modules count; empty for the running kernel's. */
        String release() default "";

        /** The folder of the kernel's VFIO. */
        String nodes() default "/dev/vfio";

        /** The folder that remembers the drivers from which functions were taken; empty where none is to be taken. */
        String taken() default "";

        /** How functions are opened: {@code group}, {@code cdev} (by iommufd), or {@code auto}, as the kernel offers. */
        @Form(value = "auto|group|cdev", expected = "auto, group or cdev")
        String access() default "auto";

        /** Addresses of functions that may be opened although no IOMMU guards memory from them; the kernel is tainted. */
        String[] noIommu() default {};
    }

    /** Makes the bus as it is configured. */
    @Activate
    public LinuxBus(Config config) {
        this(Path.of(config.sysfs()), Path.of(config.modules()).resolve(releaseOf(config)), Path.of(config.nodes()),
                vfio(config), config.taken().isEmpty() ? null : Path.of(config.taken()), PAUSE, CachedValue.AGE);
    }

    /**
     * Reads nothing yet.
     *
     * @param taken null where no function is to be taken from the host
     * @param age for how long the kernel's modules that were read are taken to be the same
     */
    LinuxBus(Path sysfs, Path release, Path nodes, HostDevices vfio, Path taken, Duration pause, Duration age) {
        this.sysfs = sysfs;
        this.nodes = nodes;
        this.pause = pause;
        this.vfio = vfio;
        kernelDrivers = new KernelDrivers(sysfs, release, age);
        side = HostSide.of(sysfs, nodes, taken, kernelDrivers);
    }

    private static String releaseOf(Config config) {
        return config.release().isEmpty() ? System.getProperty("os.version") : config.release(); // as uname -r says
    }

    private static HostDevices vfio(Config config) {
        HostDevices.Access access = HostDevices.Access.parse(config.access());
        return new HostDevices(Kernel::host, config.nodes(), access, Set.of(config.noIommu()));
    }

    @Override
    public String name() {
        return "linux";
    }

    @Override
    public Virtualization virtualization() {
        return Virtualization.HOST;
    }

    /**
     * Tells whether the kernel has VFIO, or modules of it that bind would load; the functions of a host without are only
     * listed.
     */
    @Override
    public boolean bindable() {
        return Files.exists(nodes.resolve("vfio")) || side.taken() != null && kernelDrivers.any();
    }

    @Override
    public String whyNotBindable() {
        return nodes.resolve("vfio") + " is missing: this host's kernel has " + (kernelDrivers.any() ? "not loaded VFIO"
                : "no VFIO that could be loaded") + "; 'vfio doctor' says what to do";
    }

    @Override
    public AutoCloseable announce(Listener listener) {
        Announcements made = new Announcements(sysfs, kernelDrivers, vfio, side, listener, pause);
        synchronized (this) {
            if (announcements != null && !announcements.isClosed()) {
                throw new IllegalStateException("the linux bus has a listener already; close its announcements first");
            }
            announcements = made;
        }
        made.start(sysfs.equals(KERNELS));
        return made;
    }

    @Deactivate
    void deactivate() {
        Announcements last;
        synchronized (this) {
            last = announcements;
        }
        if (last != null) {
            last.close();
        }
    }
}
