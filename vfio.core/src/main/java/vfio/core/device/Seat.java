// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.time.Duration;
import java.util.Objects;
import vfio.core.driver.DriverWorker;

/**
 * The driver behind a device, as the device calls it.
 *
 * @param operations the driver's operations of this device
 * @param worker the worker of the driver's bundle
 * @param limit the time limit of each call of the driver
 */
public record Seat(VfioOperations operations, DriverWorker worker, Duration limit) {
    public Seat {
        Objects.requireNonNull(operations);
        Objects.requireNonNull(worker);
        Objects.requireNonNull(limit);
    }
}
