// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

/** A driver's end of a stream of device state; never seen by a user, who has a {@link MigrationStream}. */
public sealed interface MigrationData permits SavingData, ResumingData {

    /** Called once: when the device has left the states in which the stream lives, or the stream is not wanted. */
    default void close() {
    }
}
