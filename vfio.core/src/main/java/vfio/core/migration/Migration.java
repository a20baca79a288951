// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import java.util.Optional;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * Migration of a device, as a user's handle has it; good for as long as the handle is. Users of one device share its state.
 *
 * <p>Every method throws ENODEV where the handle is stale, and ENOTTY where the device does not migrate.
 */
public final class Migration {
    private final String device;
    private final Supplier<Optional<MigrationMachine>> machine;

    /** @param machine asked for each call: empty where the driver does not migrate; throws ENODEV where the handle is stale */
    public Migration(String device, Supplier<Optional<MigrationMachine>> machine) {
        this.device = device;
        this.machine = machine;
    }

    /** VFIO_DEVICE_FEATURE_MIGRATION. */
    public MigrationFlags flags() {
        return machine().flags();
    }

    /** The state of VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE. */
    public MigrationState state() {
        return machine().state();
    }

    /**
     * Sets VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE; see {@link MigrationMachine#set}.
     *
     * @return the stream that begins with the state
     * @throws VfioException EINVAL where no way leads there; EAGAIN where the device was reset meanwhile; else what the
     *     driver answered
     */
    public Optional<MigrationStream> set(MigrationState wanted) {
        return machine().set(wanted);
    }

    /** VFIO_DEVICE_FEATURE_MIG_DATA_SIZE: how many bytes STOP_COPY would give now. */
    public long stopCopyLength() {
        return machine().stopCopyLength();
    }

    private MigrationMachine machine() {
        return machine.get().orElseThrow(() ->
                new VfioException(Errno.ENOTTY, "migration of " + device + ": its driver does not migrate it"));
    }
}
