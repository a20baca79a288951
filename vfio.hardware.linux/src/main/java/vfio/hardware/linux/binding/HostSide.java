// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.nio.file.Path;
import java.time.Duration;
import vfio.hardware.linux.guard.Guards;
import vfio.hardware.linux.guard.HostFiles;
import vfio.hardware.linux.guard.OpenFiles;
import vfio.hardware.linux.guard.OpenNodeGuard;

/**
 * What host binding of any function needs of the host.
 *
 * @param nodes who has a function open
 * @param taken null where nothing is to be taken
 */
public record HostSide(Path sysfs, Guards guards, OpenNodeGuard nodes, Outside outside, TakenFunctions taken,
        VfioDrivers drivers) {
    /** A driver may take seconds to start its function or to let go of it; a kernel that waits for a user does for ever. */
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(30);

    /**
     * That of the host we run on.
     *
     * @param nodes {@code /dev/vfio}
     * @param taken where it is remembered whom functions were taken from; null where none is to be taken
     */
    public static HostSide of(Path sysfs, Path nodes, Path taken, VfioDrivers drivers) {
        HostFiles host = HostFiles.of(sysfs, nodes);
        OpenFiles files = new OpenFiles(host.proc(), ProcessHandle.current().pid());
        return new HostSide(sysfs, new Guards(host, files, drivers::has), new OpenNodeGuard(host, files),
                new OutsideProcesses(WRITE_LIMIT), taken == null ? null : new TakenFunctions(taken, host.proc()), drivers);
    }
}
