// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.owner;

import java.time.Duration;
import vfio.core.driver.DriverWorker;
import vfio.pci.core.PciFunctionOwner;

/**
 * One version of a driver that uses a function itself, as the core calls it.
 *
 * @param access what the version reaches of the function
 * @param worker the worker of the driver's bundle
 * @param limit the time limit of each call of the driver
 */
public record OwnerSeat(PciFunctionOwner owner, OwnerAccess access, DriverWorker worker, Duration limit) {
}
