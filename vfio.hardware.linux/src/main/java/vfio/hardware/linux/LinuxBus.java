// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import vfio.hardware.linux.binding.HostSide;
import vfio.hardware.linux.binding.OutsideProcesses;
import vfio.hardware.linux.binding.TakenFunctions;
import vfio.hardware.linux.device.HostGroups;
import vfio.hardware.linux.guard.Guards;
import vfio.hardware.linux.guard.HostFiles;
import vfio.hardware.linux.guard.OpenFiles;
import vfio.hardware.linux.guard.OpenNodeGuard;
import vfio.os.Kernel;
import vfio.pci.core.bus.PciBus;

/**
 * The PCI functions of this host, read from sysfs; those that its kernel has given to VFIO can be opened, and an operator's act
 * takes others from their host driver. It is there once it is configured; leaving, it ends its announcements.
 */
@Component(configurationPid = "vfio.hardware.linux", configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class LinuxBus implements PciBus {
    /** What the kernel says is of its own tree. */
    private static final Path KERNELS = Path.of("/sys");
    private static final Duration PAUSE = Duration.ofSeconds(2);
    /** A driver may take seconds to start its function or to let go of it; a kernel that waits for a user does for ever. */
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(30);

    private final Path sysfs;
    private final KernelDrivers kernelDrivers;
    private final HostGroups groups;
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

        /** Where the kernel's VFIO has its files. */
        String nodes() default "/dev/vfio";

        /** Where it is remembered whom functions were taken from; empty where none is to be taken. */
        String taken() default "";
    }

    @Activate
    public LinuxBus(Config config) {
        this(Path.of(config.sysfs()), Path.of(config.modules()).resolve(releaseOf(config)), Path.of(config.nodes()),
                config.taken().isEmpty() ? null : Path.of(config.taken()), PAUSE, Recent.AGE);
    }

    /**
     * @param taken null where no function is to be taken from the host
     * @param age how old what is known of the kernel's modules may be
     */
    LinuxBus(Path sysfs, Path release, Path nodes, Path taken, Duration pause, Duration age) {
        this.sysfs = sysfs;
        this.nodes = nodes;
        this.pause = pause;
        groups = new HostGroups(Kernel::host, nodes.toString());
        kernelDrivers = new KernelDrivers(sysfs, release, age);
        HostFiles host = HostFiles.of(sysfs, nodes);
        OpenFiles files = new OpenFiles(host.proc(), ProcessHandle.current().pid());
        side = new HostSide(sysfs, new Guards(host, files, kernelDrivers::has), new OpenNodeGuard(host, files),
                new OutsideProcesses(WRITE_LIMIT), taken == null ? null : new TakenFunctions(taken, host.proc()), kernelDrivers);
    }

    private static String releaseOf(Config config) {
        return config.release().isEmpty() ? System.getProperty("os.version") : config.release(); // as uname -r says
    }

    @Override
    public String name() {
        return "linux";
    }

    @Override
    public Virtualization virtualization() {
        return Virtualization.HOST;
    }

    /** Where the kernel has VFIO, or modules of it that bind would load: a host without is listed only. */
    @Override
    public boolean bindable() {
        return Files.exists(nodes.resolve("vfio")) || side.taken() != null && kernelDrivers.any();
    }

    @Override
    public AutoCloseable announce(Listener listener) {
        Announcements made = new Announcements(sysfs, kernelDrivers, groups, side, listener, pause);
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
