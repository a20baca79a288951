// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.List;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** The guard of functions for which driverctl keeps another driver over restarts. */
final class DriverctlGuard implements HostGuard {
    private final HostFiles host;

    DriverctlGuard(HostFiles host) {
        this.host = host;
    }

    @Override
    public String name() {
        return "driverctl";
    }

    @Override
    public List<String> objections(GuardedFunction function, String driver) {
        return new SysfsDirectory(host.driverctl()).line("pci-" + function.address()).map(String::trim)
                .filter(kept -> !kept.isEmpty() && driver != null && !kept.equals(driver))
                .map(kept -> "driverctl keeps " + kept + " for it; 'driverctl unset-override " + function + "' ends that")
                .stream().toList();
    }
}
