// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.migration;

import java.util.Optional;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.migration.Migration;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;

/** The migration of one handle: the machine of the handle's device, looked up for each call. */
public final class HandleMigration implements Migration {
    private final String device;
    private final boolean waits;
    private final Supplier<Optional<MigrationMachine>> machine;

    /**
     * Makes the migration of a handle.
     *
     * @param waits whether the handle's user waits for an exchange of the driver
     * @param machine asked for each call: empty where the driver does not migrate; throws ENODEV where the handle is stale
     */
    public HandleMigration(String device, boolean waits, Supplier<Optional<MigrationMachine>> machine) {
        this.device = device;
        this.waits = waits;
        this.machine = machine;
    }

    @Override
    public MigrationFlags flags() {
        return machine().flags();
    }

    @Override
    public MigrationState state() {
        return machine().state();
    }

    @Override
    public Optional<MigrationStream> set(MigrationState wanted) {
        MigrationMachine now = machine();
        return now.asUser(waits, () -> now.set(wanted));
    }

    @Override
    public long stopCopyLength() {
        MigrationMachine now = machine();
        return now.asUser(waits, now::stopCopyLength);
    }

    private MigrationMachine machine() {
        return machine.get().orElseThrow(() ->
                new VfioException(Errno.ENOTTY, "migration of " + device + ": its driver does not migrate it"));
    }
}
