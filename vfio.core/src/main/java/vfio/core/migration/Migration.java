// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;

/**
 * The migration of a device, as a user's handle has it; good for as long as the handle is. Users of one device share its
 * state.
 *
 * <p>Every method throws ENODEV where the handle is stale, and ENOTTY where the device does not migrate.
 */
@ProviderType
public interface Migration {

    /** Returns what the device can do (VFIO_DEVICE_FEATURE_MIGRATION). */
    MigrationFlags flags();

    /**
     * Returns the last state that the device has reached (VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE); it does not wait for an arc
     * under way.
     */
    MigrationState state();

    /**
     * Takes the device to a state, arc by arc (VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE); nothing happens where it is there.
     *
     * @return the stream that the last arc began, to be read in PRE_COPY, PRE_COPY_P2P and STOP_COPY, and written in
     *     RESUMING; empty where it began none, one from before living on
     * @throws VfioException EINVAL where no way leads there; EAGAIN where the device was reset meanwhile and is RUNNING; else
     *     what an arc answered: the device is in the last state it reached, or in ERROR where the driver gave it up
     */
    Optional<MigrationStream> set(MigrationState wanted);

    /**
     * Returns how many bytes STOP_COPY would give now (VFIO_DEVICE_FEATURE_MIG_DATA_SIZE).
     *
     * @throws VfioException what the driver answered; EIO where that is negative
     */
    long stopCopyLength();
}
