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
 * The parts of the host that taking functions needs.
 *
 * @param nodes tells which processes have a function open
 * @param taken null where no function is to be taken
 */
public record HostSide(Path sysfs, HostGuards guards, OpenNodeGuard nodes, Outside outside, TakenFunctions taken,
        VfioDrivers drivers) {
    /** A driver may take seconds to start its function or to let go of it; a kernel that waits for a user waits for ever. */
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(30);

    /** Forgets that a function was taken where the kernel has bound it as it was before. */
    public void rebound(GuardedFunction function) {
        if (taken != null) {
            new WayBack(function, this).settle();
        }
    }

    /** Looks at all functions that were taken, which others may have rebound unnoticed. */
    public void settle() {
        if (taken != null) {
            SysfsDirectory devices = new SysfsDirectory(sysfs.resolve("bus/pci/devices"));
            taken.all().stream().filter(address -> devices.has(address.toString()))
                    .forEach(address -> rebound(new GuardedFunction(address, devices.child(address.toString()))));
        }
    }

    /**
     * Makes those of this host.
     *
     * @param nodes {@code /dev/vfio}
     * @param taken the folder that remembers the drivers from which functions were taken; null where none is to be taken
     */
    public static HostSide of(Path sysfs, Path nodes, Path taken, VfioDrivers drivers) {
        HostFiles host = HostFiles.of(sysfs, nodes);
        OpenFiles files = new OpenFiles(host.proc(), ProcessHandle.current().pid());
        return new HostSide(sysfs, new HostGuards(host, files, drivers::have), new OpenNodeGuard(host, files),
                new OutsideProcesses(WRITE_LIMIT), taken == null ? null : new TakenFunctions(taken, host.proc()), drivers);
    }
}
