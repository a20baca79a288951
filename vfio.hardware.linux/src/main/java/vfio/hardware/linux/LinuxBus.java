// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux;

import java.nio.file.Path;
import java.time.Duration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import vfio.pci.core.bus.PciBus;

/**
 * The PCI functions of this host, read from sysfs and never written. It is there once it is configured; leaving, it ends
 * its announcements.
 */
@Component(configurationPid = "vfio.hardware.linux", configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class LinuxBus implements PciBus {
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final Path sysfs;
    private final KernelDrivers kernelDrivers;
    private final Duration pause;
    private Announcements announcements;

    /** Settings; PID {@code vfio.hardware.linux}. */
    @interface Config {
        String sysfs() default "/sys";

        /** The folder that has one folder for each kernel release. */
        String modules() default "/lib/modules";

        /** The kernel release whose modules count; empty for the running kernel's. */
        String release() default "";
    }

    @Activate
    public LinuxBus(Config config) {
        this(Path.of(config.sysfs()), Path.of(config.modules()).resolve(releaseOf(config)), PAUSE, Recent.AGE);
    }

    /** @param age how old what is known of the kernel's modules may be */
    LinuxBus(Path sysfs, Path release, Duration pause, Duration age) {
        this.sysfs = sysfs;
        this.pause = pause;
        kernelDrivers = new KernelDrivers(sysfs, release, age);
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

    @Override
    public boolean bindable() {
        return false;
    }

    @Override
    public AutoCloseable announce(Listener listener) {
        Announcements made = new Announcements(sysfs, kernelDrivers, listener, pause);
        synchronized (this) {
            if (announcements != null && !announcements.isClosed()) {
                throw new IllegalStateException("the linux bus has a listener already; close its announcements first");
            }
            announcements = made;
        }
        made.start();
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
