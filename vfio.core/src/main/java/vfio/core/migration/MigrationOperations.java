// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;

/**
 * The acts by which a driver migrates its device ({@code struct vfio_migration_ops}, include/linux/vfio.h). The core keeps
 * the state, finds the way and owns what users hold; a driver does one arc at a time. Called on the worker of the driver's
 * bundle.
 */
@ConsumerType
public interface MigrationOperations {

    /** Returns what the device can do, the same for as long as the device is open. */
    MigrationFlags flags();

    /**
     * Takes the device along one arc between states it has.
     *
     * @return for an arc that begins a stream its data: {@link SavingData} from RUNNING or RUNNING_P2P to PRE_COPY or
     *     PRE_COPY_P2P and from STOP to STOP_COPY, {@link ResumingData} from STOP to RESUMING; else null
     * @throws VfioException what failed, and the device is where it was unless {@link #broken} says otherwise
     */
    MigrationData arc(MigrationState from, MigrationState to);

    /**
     * Tells, after an arc or a move of a stream has failed, whether the device cannot go on from where it was, so that only
     * a reset helps. A driver that throws here or does not come back has lost its device, too.
     */
    default boolean broken() {
        return false;
    }

    /** Returns how many bytes STOP_COPY would give now, as good as is known; 0 or more. */
    long stopCopyLength();

    /**
     * Hears that the device has been reset: it is RUNNING, and its streams are closed. Comes before any further arc; where it
     * throws, the device is in ERROR.
     */
    default void afterReset() {
    }
}
