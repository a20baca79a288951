// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.time.Duration;

/**
 * The account of an exchange of a device's driver.
 *
 * @param pause how long calls of users may have waited; zero for a device that nobody had open
 * @param waited how many calls of users have waited, or were told to come again
 * @param bytes the size of the state that was handed over, 0 where none was
 */
public record Exchanged(Duration pause, long waited, int bytes) {
    static final Exchanged IDLE = new Exchanged(Duration.ZERO, 0, 0);
}
