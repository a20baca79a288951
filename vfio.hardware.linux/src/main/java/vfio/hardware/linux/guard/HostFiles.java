// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.nio.file.Path;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/**
 * The folders in which a host shows the uses of its functions. Each is a parameter, so that a test can give folders of its
 * own.
 *
 * @param sysfs {@code /sys}
 * @param proc {@code /proc}
 * @param dev {@code /dev}
 * @param nodes {@code /dev/vfio}
 * @param driverctl {@code /etc/driverctl.d}
 */
public record HostFiles(Path sysfs, Path proc, Path dev, Path nodes, Path driverctl) {

    /** Returns the folders of this host, those of the settings excepted. */
    public static HostFiles of(Path sysfs, Path nodes) {
        return new HostFiles(sysfs, Path.of("/proc"), Path.of("/dev"), nodes, Path.of("/etc/driverctl.d"));
    }

    SysfsDirectory classes(String name) {
        return new SysfsDirectory(sysfs.resolve("class").resolve(name));
    }

    SysfsDirectory processes() {
        return new SysfsDirectory(proc);
    }
}
