// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.nio.file.Path;
import java.time.Duration;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.guard.HostFiles;
import vfio.hardware.linux.guard.HostGuards;
import vfio.hardware.linux.guard.OpenFiles;
import vfio.hardware.linux.guard.OpenNodeGuard;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/**
 * What host binding of any function needs of the host.
 *
 * @param nodes who has a function open
 * @param taken null where nothing is to be taken
 */
public record HostSide(Path sysfs, HostGuards guards, OpenNodeGuard nodes, Outside outside, TakenFunctions taken,
        VfioDrivers drivers) {
    /** A driver may take seconds to start its function or to let go of it; a kernel that waits for a user does for ever. */
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(30);

    /** The kernel has bound a function to another driver, or to none: where all is as it was, it is taken no more. */
    public void rebound(GuardedFunction function) {
        if (taken != null) {
            new WayBack(function, this).settle();
        }
    }

    /** Looks at all that is remembered: somebody may have changed it while nobody heard of that. */
    public void settle() {
        if (taken != null) {
            SysfsDirectory devices = new SysfsDirectory(sysfs.resolve("bus/pci/devices"));
            taken.all().stream().filter(address -> devices.has(address.toString()))
                    .forEach(address -> rebound(new GuardedFunction(address, devices.child(address.toString()))));
        }
    }

    /**
     * That of the host we run on.
     *
     * @param nodes {@code /dev/vfio}
     * @param taken where it is remembered whom functions were taken from; null where none is to be taken
     */
    public static HostSide of(Path sysfs, Path nodes, Path taken, VfioDrivers drivers) {
        HostFiles host = HostFiles.of(sysfs, nodes);
        OpenFiles files = new OpenFiles(host.proc(), ProcessHandle.current().pid());
        return new HostSide(sysfs, new HostGuards(host, files, drivers::have), new OpenNodeGuard(host, files),
                new OutsideProcesses(WRITE_LIMIT), taken == null ? null : new TakenFunctions(taken, host.proc()), drivers);
    }
}
