// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.VfioOperations;
import vfio.core.dirty.DirtyLog;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;

/**
 * The check of a driver's operations before its device is registered, as in vfio_pci_core_register_device. The types of
 * migration and of the dirty log ensure that all their operations exist. The driver's answers are not kept: each first open
 * asks and checks anew.
 */
final class Registration {

    private Registration() {
    }

    /**
     * Checks a driver's claims, on a thread on which the driver may be called.
     *
     * @return the flags of the driver's migration, empty for a driver without migration
     * @throws VfioException EINVAL where the migration has no flags, or a dirty log no ranges; else the errno of the driver
     */
    static Optional<MigrationFlags> check(String device, String driver, VfioOperations operations) {
        MigrationOperations migration = operations.migration();
        Optional<MigrationFlags> claimed =
                migration == null ? Optional.empty() : Optional.of(flags(device, driver, migration));
        DirtyLog log = operations.dirtyLog();
        int ranges = log == null ? 1 : log.maxRanges();
        if (ranges < 1) {
            throw new VfioException(Errno.EINVAL, claim(device, driver) + "a dirty log of " + ranges
                    + " ranges; it must log 1 at least");
        }
        return claimed;
    }

    private static MigrationFlags flags(String device, String driver, MigrationOperations migration) {
        try {
            return MigrationFlags.of(device, migration);
        } catch (VfioException e) {
            throw new VfioException(e.errno(), claim(device, driver) + "a migration that cannot be: " + e.sentence());
        }
    }

    private static String claim(String device, String driver) {
        return "register " + device + ": driver " + driver + " claims ";
    }
}
