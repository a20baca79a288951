// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.nio.file.Path;
import vfio.hardware.linux.guard.Guards;
import vfio.hardware.linux.guard.OpenNodeGuard;

/**
 * What host binding of any function needs of the host.
 *
 * @param nodes who has a function open
 * @param taken null where nothing is to be taken
 */
public record HostSide(Path sysfs, Guards guards, OpenNodeGuard nodes, Outside outside, TakenFunctions taken,
        VfioDrivers drivers) {
}
